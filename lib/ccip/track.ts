import { setTimeout as sleep } from "node:timers/promises";

import { id, toBeHex } from "ethers";
import { decodeExecution, executedTopics, executionState } from "ccip-localnet/protocol";
import type { ExecutionState } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import type { MeshChain } from "../core/mesh/mesh";
import { inChunks } from "../rpc/chunks";
import { readLogsThrough } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

import { firstUncommitted, nextNumber } from "./laneCounter";
import { RampLanes } from "./ramps";
import type { RampLane, RoutedChain } from "./ramps";
import { readSent } from "./sent";
import type { SendingChain, SentMessage, SentMessages } from "./sent";

/** A message with tokens of a mesh, and what its destination knows of it. */
export interface TrackedMessage extends SentMessage {
  /** Network name. */
  readonly source: string;
  /** Network name; the CCIP selector of a chain that is not in the mesh. */
  readonly destination: string;
  /** True if the source had sent it in the block that is recorded of the source. */
  readonly hasLeft: boolean;
  /** In the block that is recorded of the destination; undefined when it is not in the mesh. */
  readonly state: ExecutionState | undefined;
}

/** Messages between some chains, each of them at one recorded block. */
export interface Tracking {
  /** By network name. */
  readonly pins: ReadonlyMap<string, PinnedChain>;
  /** Every message that counts for these blocks, chain by chain, oldest first. */
  readonly messages: readonly TrackedMessage[];
  /** Transactions that burned tokens for CCIP without a message that can be followed. */
  readonly unreadable: readonly {
    readonly source: string;
    readonly transactionHash: string;
    readonly reason: string;
  }[];
}

type TrackedChain = SendingChain & Pick<MeshChain, "selector">;

/** A lane, and the recorded block of its destination. */
interface PinnedLane {
  readonly lane: RampLane<TrackedChain>;
  readonly at: PinnedChain;
}

/** Retries while an endpoint lags behind what other chains have received from its chain. */
const LAG = { attempts: 40, pauseMs: 500 } as const;

/** Returns whether a message has left its source and not arrived, for the recorded blocks. */
export function isInFlight({ hasLeft, state }: TrackedMessage): boolean {
  return hasLeft && state !== "success";
}

/**
 * Tracks every message with tokens since deployment.
 *
 * Chains have no common block, so the recorded ones may be of different times. For a message from S
 * to D, sent in S's block s and executed in D's block d, with the blocks S' and D' recorded:
 * s <= S' and d <= D': arrived, its shares are counted on D;
 * s <= S' and d > D', or not executed: in flight, its shares are counted on neither;
 * s > S' and d > D': not sent yet, its shares are counted on S;
 * s > S' and d <= D': its shares would be counted on both, as happens with fast lanes and lagging endpoints.
 * So S is read beyond S', up to the newest message that any D' has received: in CCIP 1.6 the last committed one,
 * because nothing is executed before its commit. CCIP 2.0 stores no such number, and finding the highest executed one
 * takes reading all messages of the lane, also those of other senders: it is read only when messages are tracked
 * thoroughly. Otherwise a message of the last kind may be missing, which shows in the sum of shares.
 *
 * CCIP may have replaced ramps meanwhile: the state of each message is read at the OffRamp that takes it. Burns for
 * messages through unknown ramps are returned as unreadable.
 * @param options.notBefore blocks by network name before which no chain may be pinned: they are known already.
 * @param options.thoroughly reads everything that destinations have received from a source, also through previous OffRamps.
 * @throws IncompleteLogsError when an endpoint leaves logs out.
 */
export async function track(
  chains: readonly TrackedChain[],
  reading: LogReading = {},
  options: {
    readonly notBefore?: ReadonlyMap<string, number> | undefined;
    readonly thoroughly?: boolean;
  } = {},
): Promise<Tracking> {
  const pinned = await Promise.all(
    chains.map(async (chain) => {
      const { name, provider } = chain;
      return { chain, at: await pinLatest(name, provider, options.notBefore?.get(name)) };
    }),
  );
  const lanes = new RampLanes<TrackedChain>(reading.store);
  const tracked = await Promise.all(
    pinned.map(async ({ chain: source, at: here }) => {
      const outgoing = await Promise.all(
        pinned
          .filter(({ chain }) => chain !== source)
          .map(async ({ chain, at }): Promise<PinnedLane[]> => {
            if (options.thoroughly) {
              return (await lanes.all(source, chain)).map((lane) => ({ lane, at }));
            }
            // Only CCIP 1.6 stores the number of the last message that a destination has received.
            return (await lanes.current(source, chain))
              .filter(({ destination }) => destination.ccip.version === "1.6")
              .map((lane) => ({ lane, at }));
          }),
      );
      const upTo = await blockBeyond(source, here, outgoing.flat(), reading);
      const sent = await readSent(source, upTo, reading);
      const found = await inChunks(sent.messages, async (item): Promise<TrackedMessage[]> => {
        const { onRamp, destinationSelector, blockNumber, sourceSelector } = item.message;
        if (sourceSelector !== source.selector) return [];
        const there = pinned.find(({ chain }) => chain.selector === destinationSelector);
        const ends = there && { source, destination: there.chain };
        const state = there && ends && (await stateThrough(lanes, ends, item, there.at));
        const isKnown = there ? state : await lanes.hasSentTo(source, destinationSelector, onRamp);
        if (!isKnown) return [];
        return [
          {
            ...item,
            source: source.name,
            destination: there?.chain.name ?? destinationSelector.toString(),
            hasLeft: blockNumber <= here.blockNumber,
            state,
          },
        ];
      });
      const messages = found.flat();
      const unreadable = unaccounted(sent, messages);
      return { messages, unreadable: unreadable.map((item) => ({ source: source.name, ...item })) };
    }),
  );
  return {
    pins: new Map(pinned.map(({ chain, at }) => [chain.name, at])),
    messages: tracked
      .flatMap(({ messages }) => messages)
      .filter(({ hasLeft, state }) => hasLeft || state === "success"),
    unreadable: tracked.flatMap(({ unreadable }) => unreadable),
  };
}

/**
 * Reads the state of a message at its OffRamp; "untouched" while no OffRamp takes it: an OffRamp of
 * CCIP 1.6 is given another OnRamp only before it has committed anything, and one of 2.0 is named by the message.
 * @returns undefined when it was not logged by an OnRamp: any contract can log a message that no OffRamp takes.
 */
export async function stateThrough<C extends RoutedChain>(
  lanes: RampLanes<C>,
  { source, destination }: { readonly source: C; readonly destination: C },
  { message }: Pick<SentMessage, "message">,
  provider: PinnedChain,
): Promise<ExecutionState | undefined> {
  const lane = await lanes.through(source, destination, message);
  if (lane) return executionState({ provider, ccip: lane.destination.ccip }, message);
  const isSent = await lanes.hasSentTo(source, message.destinationSelector, message.onRamp);
  return isSent ? "untouched" : undefined;
}

/** Returns the transactions in which more was burned for CCIP than the messages that could be followed carry. */
function unaccounted(
  { messages, burns, unreadable }: SentMessages,
  known: readonly SentMessage[],
): { transactionHash: string; reason: string }[] {
  const isFollowed = new Set(known.map(({ message }) => message));
  return [...burns].flatMap(([transactionHash, count]) => {
    const claimed = messages
      .map(({ message }) => message)
      .filter((message) => message.transactionHash === transactionHash);
    const lost = claimed.filter((message) => !isFollowed.has(message));
    if (count <= claimed.length - lost.length) return [];
    const unread = unreadable.get(transactionHash);
    if (unread !== undefined) return [{ transactionHash, reason: unread }];
    const ramps = new Set(lost.map(({ onRamp }) => onRamp));
    const through =
      ramps.size === 0
        ? "through no OnRamp that logged it"
        : `through ${[...ramps].join(", ")}, from which no OffRamp takes anything that its router has named since deployment`;
    return [{ transactionHash, reason: `a pool burned tokens for CCIP, and they left ${through}` }];
  });
}

/** Finds a block of a source, not before its pin, that includes every message that destinations have received from it. */
async function blockBeyond(
  { name, provider }: TrackedChain,
  { blockNumber }: PinnedChain,
  outgoing: readonly PinnedLane[],
  reading: LogReading,
): Promise<number> {
  const expected = await Promise.all(
    outgoing.map(({ lane, at }) => nextExpected(lane, at, reading)),
  );
  for (let attempt = 1; ; attempt++) {
    const latest = await pinLatest(name, provider, blockNumber);
    const next = await Promise.all(outgoing.map(({ lane }) => nextNumber(latest, lane)));
    if (next.every((number, i) => number >= (expected[i] ?? 0n))) return latest.blockNumber;
    if (attempt >= LAG.attempts) {
      throw new OperatorError(
        "ENDPOINT_INCOMPLETE",
        `The RPC endpoint of ${name} is at block ${latest.blockNumber}, in which messages are not sent yet that other chains have received: it lags. Try again later, or use another url.`,
      );
    }
    await sleep(LAG.pauseMs);
  }
}

/** Reads the sequence number after the last message that a destination has received: committed in CCIP 1.6, executed in 2.0. */
async function nextExpected(
  lane: RampLane<TrackedChain>,
  at: PinnedChain,
  reading: LogReading,
): Promise<bigint> {
  const { source, destination } = lane;
  const { version = "1.6", offRamp: address } = destination.ccip;
  if (version === "1.6") return firstUncommitted(at, lane);
  const { chainId, provider, deployedAt: fromBlock = 0 } = destination;
  const topics = [executedTopics()[version], toBeHex(source.selector, 32)];
  const key = `${chainId}-executed-${id([address, source.selector].join()).slice(2, 18)}`;
  const range = { address, topics, fromBlock, toBlock: at.blockNumber };
  const logs = await readLogsThrough(provider, range, { ...reading, key });
  const numbers = logs.map((log) => decodeExecution(log).sequenceNumber);
  return numbers.reduce((most, number) => (number > most ? number : most), 0n) + 1n;
}
