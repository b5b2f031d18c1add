import type { Provider } from "ethers";
import { toBeHex } from "ethers";
import { z } from "zod";
import { decodeMessage, laneName, readOne, released, sentTopics } from "ccip-localnet/protocol";
import type { ChainView, Lane } from "ccip-localnet/protocol";

import { readNewestLogs } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

/** Reads the number that the next message of a lane gets, as its OnRamp counts. */
export function nextNumber(
  at: Pick<Provider, "call">,
  { source, destination }: Lane<ChainView>,
): Promise<bigint> {
  const { version = "1.6", onRamp: address } = source.ccip;
  const contract = { address, interface: released("onRamp", version).interface };
  const name = version === "1.6" ? "getExpectedNextSequenceNumber" : "getExpectedNextMessageNumber";
  return readOne(at, contract, name, [destination.selector], z.bigint());
}

const sourceConfig = z.object({ minSeqNr: z.bigint() });

/** Reads the first sequence number of a lane of CCIP 1.6 that its destination has not committed. */
export async function firstUncommitted(
  at: Pick<Provider, "call">,
  { source, destination }: Lane<ChainView>,
): Promise<bigint> {
  const offRamp = { address: destination.ccip.offRamp, interface: released("offRamp").interface };
  const args = [source.selector];
  const { minSeqNr } = await readOne(at, offRamp, "getSourceChainConfig", args, sourceConfig);
  return minSeqNr;
}

/** The messages of a lane that are known before they are counted. */
export interface KnownLane {
  /** A block of the source. */
  readonly at: PinnedChain;
  /** Numbers of messages that were found otherwise. */
  readonly numbers: readonly bigint[];
  /** Before it no message matters. */
  readonly fromBlock: number;
}

/**
 * Compares the newest messages of a lane with what its OnRamp has counted. The OnRamp counts everybody's
 * messages without a gap, so that the newest logs are all there when they reach the last number without one.
 * @returns which messages the endpoint left out; undefined when it left out none.
 */
export async function laneGap(
  lane: Lane<ChainView>,
  { at, numbers, fromBlock }: KnownLane,
): Promise<string | undefined> {
  const { source, destination } = lane;
  const last = (await nextNumber(at, lane)) - 1n;
  if (last === 0n) return undefined;
  const { version = "1.6" } = source.ccip;
  const sent = sentTopics()[version];
  const find = async (from: number, to: number, ...rest: string[]) =>
    (
      await readNewestLogs(source.provider, {
        address: source.ccip.onRamp,
        topics: [sent, toBeHex(destination.selector, 32), ...rest],
        fromBlock: from,
        toBlock: to,
      })
    ).map((log) => decodeMessage(log).sequenceNumber);
  const newest = await find(fromBlock, at.blockNumber);
  // Nobody has used the lane since then: its last message is older.
  if (newest.length === 0) {
    // CCIP 2.0 does not index the number.
    const number = version === "1.6" ? [toBeHex(last, 32)] : [];
    newest.push(...(await find(0, fromBlock - 1, ...number)));
  }
  const known = new Set([...newest, ...numbers]);
  const first = newest.reduce((lowest, number) => (number < lowest ? number : lowest), last);
  const missing: bigint[] = [];
  for (let number = first; number <= last; number++) if (!known.has(number)) missing.push(number);
  const [from] = missing;
  if (from === undefined) return undefined;
  const which =
    missing.length === 1 ? `message ${from}` : `messages ${from} to ${missing.at(-1) ?? from}`;
  return `the endpoint of ${source.name} leaves out ${which} of lane ${laneName(lane)}, of which CCIP has counted ${last} at block ${at.blockNumber}`;
}
