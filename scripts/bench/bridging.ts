import { parseEther } from "ethers";
import { sendMessage } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import type { CcipVersion, Lane, Message } from "ccip-localnet/protocol";

import { giveLink } from "../../test/shared/broadcasting";
import { gasOfCallsTo } from "../../test/shared/callTrace";
import { loadFixture } from "../../test/shared/fixture";
import { Scenario, expectSuccess } from "../../test/shared/scenario";
import { wiredIn } from "../../test/shared/world";

import { deployReleasedPools } from "./releasedPools";
import type { BridgedToken } from "./releasedPools";

/** The steps of a transfer that are measured: what the ramps call, and whole transactions. */
export const BRIDGE_OPERATIONS = [
  "pool.lockOrBurn",
  "pool.releaseOrMint to a holder",
  "pool.releaseOrMint to a new account",
  "ccipSend, fee in LINK",
  "execute, to a holder",
  "execute, to a new account",
] as const;

export type BridgeOperation = (typeof BRIDGE_OPERATIONS)[number];

export type BridgeGas = Readonly<Record<BridgeOperation, number>>;

/** An account that never holds a token before it is measured. */
const NEW_ACCOUNT = "0x1111111111111111111111111111111111111111";

/** Measures a transfer of our token, and one of Chainlink's token through its BurnMintTokenPool, on the same ramps. */
export async function measureBridging(
  version: CcipVersion,
): Promise<Readonly<Record<"ours" | "BurnMintTokenPool", BridgeGas>>> {
  return {
    ours: await measure(...(await ourToken(version))),
    BurnMintTokenPool: await measure(...(await releasedToken(version))),
  };
}

/** A mesh on ramps of a version, on which Alice holds our token, and LINK for fees. */
export async function ourToken(version: CcipVersion): Promise<[Scenario, BridgedToken]> {
  const s = new Scenario(await loadFixture(wiredIn[version]));
  await s.mint("alice", parseEther("10000"));
  await giveLink(s, s.address("alice"), parseEther("10000"));
  return [s, { source: s.home.contracts, destination: s.sat1.contracts }];
}

/** The same mesh, on which Alice holds Chainlink's token instead. */
export async function releasedToken(version: CcipVersion): Promise<[Scenario, BridgedToken]> {
  const s = new Scenario(await loadFixture(wiredIn[version]));
  const bridged = await deployReleasedPools(s, s.address("alice"), parseEther("10000"));
  await giveLink(s, s.address("alice"), parseEther("10000"));
  return [s, bridged];
}

async function measure(s: Scenario, { source, destination }: BridgedToken): Promise<BridgeGas> {
  const send = (receiver: string) => sendTokens(s, source.token, receiver);
  // The first message fills slots of the ramps and the pools that later ones only change.
  await send(s.address("bob"));
  await arrive(s);
  await s.refillBuckets();
  const sent = await send(s.address("bob"));
  const toHolder = await arrive(s);
  await send(NEW_ACCOUNT);
  const toNew = await arrive(s);
  return {
    "pool.lockOrBurn": dearest(await gasOfCallsTo(sent.transactionHash, source.pool)),
    "pool.releaseOrMint to a holder": dearest(await gasOfCallsTo(toHolder, destination.pool)),
    "pool.releaseOrMint to a new account": dearest(await gasOfCallsTo(toNew, destination.pool)),
    "ccipSend, fee in LINK": await gasUsed(s, sent.transactionHash),
    "execute, to a holder": await gasUsed(s, toHolder),
    "execute, to a new account": await gasUsed(s, toNew),
  };
}

/** Returns the lane that is measured. */
export function laneOf(s: Scenario): Lane {
  return s.lane({ from: s.home, to: s.sat1 });
}

/** Alice sends tokens over the lane, and pays in LINK. */
export function sendTokens(s: Scenario, token: string, receiver: string): Promise<Message> {
  const tokens = [{ token, amount: parseEther("100") }];
  const feeToken = s.ccipChain(s.home).ccip.link;
  return sendMessage(laneOf(s), { receiver, tokens, feeToken }, s.signer(s.home, "alice"));
}

/** Delivers the message on the lane, and returns the hash of the transaction that executed it. */
async function arrive(s: Scenario): Promise<string> {
  await s.ccip.verify(laneOf(s));
  const deliveries: readonly Delivery[] = await s.ccip.execute(laneOf(s));
  expectSuccess(deliveries);
  const [delivery] = deliveries;
  if (!delivery) throw new Error("Nothing was delivered.");
  return delivery.transactionHash;
}

/** Reads the gas of a transaction; all chains of the mesh are one. */
export async function gasUsed(s: Scenario, hash: string): Promise<number> {
  const receipt = await s.home.provider.getTransactionReceipt(hash);
  if (!receipt) throw new Error(`${hash} was not mined.`);
  return Number(receipt.gasUsed);
}

/** Before a ramp calls a pool to move tokens it asks for its interfaces, which costs less. */
function dearest(calls: readonly number[]): number {
  return Math.max(...calls);
}
