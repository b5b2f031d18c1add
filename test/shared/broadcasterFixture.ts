import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { AbiCoder, ZeroAddress, concat, keccak256, parseEther } from "ethers";
import type { Addressable } from "ethers";
import { ethers } from "hardhat";

import {
  CCIPLocalSimulator__factory,
  HostileRouter__factory,
  LibraryHarness__factory,
  LinkToken__factory,
  MockCCIPRouter__factory,
  RebaseBroadcaster__factory,
} from "../../typechain-types";
import type {
  HostileRouter,
  LibraryHarness,
  LinkToken,
  MockCCIPRouter,
  RebaseBroadcaster,
  RebaseToken,
} from "../../typechain-types";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "./deployRebaseToken";

/** The gas limits that a destination may have. */
export const MIN_GAS_LIMIT = 125_000n;
export const MAX_GAS_LIMIT = 3_000_000n;

/** The satellites of the fixture. Their receivers have no code: messages just arrive. */
export const DESTINATIONS = [
  {
    selector: 101n,
    receiver: "0x1000000000000000000000000000000000000101",
    gasLimit: MIN_GAS_LIMIT,
  },
  { selector: 102n, receiver: "0x1000000000000000000000000000000000000102", gasLimit: 250_000n },
  {
    selector: 103n,
    receiver: "0x1000000000000000000000000000000000000103",
    gasLimit: MAX_GAS_LIMIT,
  },
] as const;

/** Their selectors. */
export const SELECTORS = DESTINATIONS.map(({ selector }) => selector);

/** Balance of the treasury, in wei of native and of LINK. */
export const TREASURY = parseEther("5");

/** Daily budget of its spender: more than there is. */
export const TREASURY_BUDGET = parseEther("50");

/** A home with a pending rebase, a broadcaster with a treasury, and a payer who has LINK. */
export interface BroadcasterWorld {
  readonly token: RebaseToken;
  readonly broadcaster: RebaseBroadcaster;
  readonly link: LinkToken;
  readonly codec: LibraryHarness;
  readonly admin: HardhatEthersSigner;
  readonly spender: HardhatEthersSigner;
  readonly withdrawer: HardhatEthersSigner;
  readonly payer: HardhatEthersSigner;
  readonly thirdParty: HardhatEthersSigner;
}

/** {@link BroadcasterWorld} on the router of Chainlink Local's simulator, which takes the fees that it quotes. */
export async function broadcasterOnSimulatorFixture(): Promise<
  BroadcasterWorld & { readonly router: MockCCIPRouter }
> {
  return broadcasterWorld((simulatorRouter) => Promise.resolve(simulatorRouter));
}

/** {@link BroadcasterWorld} on a router whose lanes can be broken one by one. It takes no LINK. */
export async function broadcasterOnHostileRouterFixture(): Promise<
  BroadcasterWorld & { readonly router: HostileRouter }
> {
  return broadcasterWorld((_, admin) => new HostileRouter__factory(admin).deploy());
}

async function broadcasterWorld<Router extends Addressable>(
  deployRouter: (simulatorRouter: MockCCIPRouter, admin: HardhatEthersSigner) => Promise<Router>,
): Promise<BroadcasterWorld & { readonly router: Router }> {
  const [admin, spender, withdrawer, payer, thirdParty] = await ethers.getSigners();
  if (!admin || !spender || !withdrawer || !payer || !thirdParty) {
    throw new Error("the network has too few accounts");
  }
  const simulator = await new CCIPLocalSimulator__factory(admin).deploy();
  const { sourceRouter_, linkToken_ } = await simulator.configuration();
  const link = LinkToken__factory.connect(linkToken_, admin);
  const router = await deployRouter(MockCCIPRouter__factory.connect(sourceRouter_, admin), admin);

  const token = await deployRebaseToken(admin, { isHome: true });
  await token.grantRole(await token.REBASER_ROLE(), admin);
  await token.rebase(2, 9n * 10n ** 23n, (await time.latest()) + 86_400);

  const broadcaster = await new RebaseBroadcaster__factory(admin).deploy(
    token,
    router,
    link,
    admin,
    ADMIN_DELAY_SECONDS,
  );
  await broadcaster.grantRole(await broadcaster.TREASURY_SPENDER_ROLE(), spender);
  await broadcaster.grantRole(await broadcaster.TREASURY_WITHDRAWER_ROLE(), withdrawer);
  for (const feeToken of [ZeroAddress, link]) {
    await broadcaster.setTreasuryBudget(feeToken, TREASURY_BUDGET);
  }
  for (const { selector, receiver, gasLimit } of DESTINATIONS) {
    await broadcaster.setDestination(selector, receiver, gasLimit);
  }

  await admin.sendTransaction({ to: broadcaster, value: TREASURY });
  await simulator.requestLinkFromFaucet(broadcaster, TREASURY);
  await simulator.requestLinkFromFaucet(payer, parseEther("100"));
  const codec = await new LibraryHarness__factory(admin).deploy();
  return { token, broadcaster, link, router, codec, admin, spender, withdrawer, payer, thirdParty };
}

/** The id that the simulator's router gives a message: the hash of everything that is in it. */
export function simulatorMessageId(message: {
  readonly receiver: string;
  readonly payload: string;
  readonly feeToken: string;
  readonly gasLimit: bigint;
}): string {
  const abi = AbiCoder.defaultAbiCoder();
  const extraArgsV2 = concat([
    "0x181dcf10",
    abi.encode(["uint256", "bool"], [message.gasLimit, true]),
  ]);
  return keccak256(
    abi.encode(
      ["tuple(bytes, bytes, tuple(address, uint256)[], address, bytes)"],
      [
        [
          abi.encode(["address"], [message.receiver]),
          message.payload,
          [],
          message.feeToken,
          extraArgsV2,
        ],
      ],
    ),
  );
}

/** Encodes the token's current state as a broadcast that is sent in the newest block, or at another time. */
export async function encodedState(
  { token, codec }: BroadcasterWorld,
  sentAt?: bigint,
): Promise<string> {
  const { epoch_, current, next, effectiveAt } = await token.indexState();
  const newest = BigInt(await time.latest());
  return codec.encodeBroadcast(epoch_, current, next, effectiveAt, sentAt ?? newest);
}
