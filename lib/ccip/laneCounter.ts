import type { Provider } from "ethers";
import { toBeHex } from "ethers";
import { z } from "zod";
import { decodeMessage, laneName, readOne, released, sentTopics } from "ccip-localnet/protocol";
import type { ChainView, Lane, Message } from "ccip-localnet/protocol";

import { inChunks } from "../rpc/chunks";
import { gapAfter } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { readNewestLogs } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

/** Reads the sequence number of a lane's next message from its OnRamp. */
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

/**
 * Finds messages that endpoints leave out of the newest ones of lanes, and that are not among those found otherwise:
 * an OnRamp numbers the messages of all senders without a gap. Returns a sentence for each lane with one.
 */
export async function laneGaps(
  lanes: readonly Lane<ChainView>[],
  at: PinnedChain,
  sent: readonly { readonly message: Message }[],
  lag: LogReading["lag"],
): Promise<string[]> {
  const gaps = await inChunks(lanes, (lane) => {
    const numbers = sent
      .filter(({ message }) => message.onRamp === lane.source.ccip.onRamp)
      .filter(({ message }) => message.destinationSelector === lane.destination.selector)
      .map(({ message }) => message.sequenceNumber);
    return gapAfter(() => laneGap(lane, at, numbers), lag);
  });
  return gaps.filter((gap) => gap !== undefined);
}

async function laneGap(
  lane: Lane<ChainView>,
  at: PinnedChain,
  numbers: readonly bigint[],
): Promise<string | undefined> {
  const { source, destination } = lane;
  const { version = "1.6", onRamp: address } = source.ccip;
  const { firstBlock = 0 } = source;
  const last = (await nextNumber(at, lane)) - 1n;
  if (last === 0n) return undefined;
  const find = async (fromBlock: number, toBlock: number, ...rest: string[]) => {
    const topics = [sentTopics()[version], toBeHex(destination.selector, 32), ...rest];
    const logs = await readNewestLogs(source.provider, { address, topics, fromBlock, toBlock });
    return logs.map((log) => decodeMessage(log).sequenceNumber);
  };
  const newest = await find(firstBlock, at.blockNumber);
  // Nobody has used the lane since then: its last message is older.
  if (newest.length === 0) {
    // CCIP 2.0 does not index the number.
    const number = version === "1.6" ? [toBeHex(last, 32)] : [];
    newest.push(...(await find(0, firstBlock - 1, ...number)));
  }
  const known = new Set([...newest, ...numbers]);
  const first = newest.reduce((lowest, number) => (number < lowest ? number : lowest), last);
  const missing: bigint[] = [];
  for (let number = first; number <= last; number++) if (!known.has(number)) missing.push(number);
  const [from, to = from] = [missing[0], missing.at(-1)];
  if (from === undefined) return undefined;
  const which = from === to ? `message ${from}` : `messages ${from} to ${to}`;
  return `the endpoint of ${source.name} leaves out ${which} of lane ${laneName(lane)}, of which CCIP has counted ${last} at block ${at.blockNumber}`;
}
