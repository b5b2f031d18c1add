import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { parseEther, zeroPadValue } from "ethers";
import { ethers } from "hardhat";

import {
  HostileRouter__factory,
  LibraryHarness__factory,
  RebaseReceiver__factory,
} from "../../typechain-types";
import type { LibraryHarness, RebaseReceiver, RebaseToken } from "../../typechain-types";
import { deployRebaseToken } from "./deployRebaseToken";
import { ROLES } from "./tokenFixture";

/** CCIP selector of the home chain in the fixture. */
export const HOME_SELECTOR = 4_949_039_107_694_359_620n;

/** An unsynced satellite with a receiver whose router is impersonated by the test. */
export interface ReceiverWorld {
  readonly token: RebaseToken;
  readonly receiver: RebaseReceiver;
  readonly codec: LibraryHarness;
  readonly owner: HardhatEthersSigner;
  /** Calls `ccipReceive` as CCIP's router does. */
  readonly router: HardhatEthersSigner;
  /** Stands for the broadcaster at home; only its address matters here. */
  readonly broadcaster: HardhatEthersSigner;
  readonly thirdParty: HardhatEthersSigner;
}

/** {@link ReceiverWorld}, not paired yet. */
export async function unpairedReceiverFixture(): Promise<ReceiverWorld> {
  const [owner, broadcaster, thirdParty] = await ethers.getSigners();
  if (!owner || !broadcaster || !thirdParty) throw new Error("the network has too few accounts");
  const router = await newRouter(owner);
  const token = await deployRebaseToken(owner, { isHome: false });
  const receiver = await new RebaseReceiver__factory(owner).deploy(router, token, owner);
  await token.grantRole(ROLES.rebaser, receiver);
  const codec = await new LibraryHarness__factory(owner).deploy();
  return { token, receiver, codec, owner, router, broadcaster, thirdParty };
}

/** An unused router that makes the calls of the test. */
export async function newRouter(deployer: HardhatEthersSigner): Promise<HardhatEthersSigner> {
  const router = await new HostileRouter__factory(deployer).deploy();
  const address = await router.getAddress();
  await setBalance(address, parseEther("10"));
  return ethers.getImpersonatedSigner(address);
}

/** {@link ReceiverWorld}, paired with the home's broadcaster. */
export async function receiverFixture(): Promise<ReceiverWorld> {
  const world = await unpairedReceiverFixture();
  await world.receiver.setSource(HOME_SELECTOR, world.broadcaster);
  return world;
}

/** An address as CCIP writes it: 32 bytes. */
export function abiEncodedAddress(address: string): string {
  return zeroPadValue(address, 32);
}
