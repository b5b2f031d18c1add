import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { AbiCoder, ZeroHash, id, parseEther, zeroPadValue } from "ethers";
import { ethers } from "hardhat";

import { ProposalReceiver__factory, TimelockController__factory } from "../../typechain-types";
import type { ProposalReceiver, TimelockController } from "../../typechain-types";
import { newRouter } from "./receiverFixture";

/** CCIP selector of home. */
export const HOME = 4_711n;
/** The least delay of the timelock, in seconds. */
export const DELAY = 60n;

/** A receiver paired with home's sender, at whose timelock it proposes and cancels. */
export interface ProposalReceiverWorld {
  readonly receiver: ProposalReceiver;
  readonly timelock: TimelockController;
  /** Calls as the timelock, which owns the receiver. */
  readonly owner: HardhatEthersSigner;
  /** Executes operations of the timelock. */
  readonly admin: HardhatEthersSigner;
  readonly canceller: HardhatEthersSigner;
  /** Stands for the sender at home; only its address matters here. */
  readonly home: HardhatEthersSigner;
  /** Calls `ccipReceive` as CCIP's router does. */
  readonly router: HardhatEthersSigner;
}

export async function proposalReceiverFixture(): Promise<ProposalReceiverWorld> {
  const [admin, canceller, home] = await ethers.getSigners();
  if (!admin || !canceller || !home) throw new Error("too few accounts");
  const router = await newRouter(admin);
  const timelock = await new TimelockController__factory(admin).deploy(DELAY, [], [], admin);
  const receiver = await new ProposalReceiver__factory(admin).deploy(router, timelock);
  await timelock.grantRole(id("PROPOSER_ROLE"), receiver);
  await timelock.grantRole(id("CANCELLER_ROLE"), receiver);
  await timelock.grantRole(id("CANCELLER_ROLE"), canceller);
  await timelock.grantRole(id("EXECUTOR_ROLE"), admin);
  const owner = await ethers.getImpersonatedSigner(await timelock.getAddress());
  await setBalance(owner.address, parseEther("100"));
  await receiver.connect(owner).setSource(HOME, home);
  return { receiver, timelock, owner, admin, canceller, home, router };
}

type Field = "version" | "nonce" | "validUntil" | "sourceChainSelector";

/** A message that proposes one call, from the paired sender unless another chain is named. */
export function proposalMessage(
  { home }: ProposalReceiverWorld,
  {
    version = 1n,
    nonce = 1n,
    validUntil = 2n ** 63n,
    sourceChainSelector = HOME,
  }: Partial<Record<Field, bigint>> = {},
) {
  // A call to an account without code succeeds.
  const salt = id(String(sourceChainSelector));
  const batch = [[home.address], [0n], ["0x"], ZeroHash, salt, DELAY];
  return {
    messageId: ZeroHash,
    sourceChainSelector,
    sender: zeroPadValue(home.address, 32),
    data: AbiCoder.defaultAbiCoder().encode(
      ["uint8", "uint64", "uint64", "tuple(address[],uint256[],bytes[],bytes32,bytes32,uint256)"],
      [version, nonce, validUntil, batch],
    ),
    destTokenAmounts: [],
  };
}
