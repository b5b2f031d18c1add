import { setTimeout as sleep } from "node:timers/promises";

import { id, toBeHex } from "ethers";
import { decodeExecution, executedTopics, executionState } from "ccip-localnet/protocol";
import type { ChainView, ExecutionState, Lane, Message } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { readSent } from "./sent";
import type { SendingChain, SentMessage, SentMessages } from "./sent";
import { firstUncommitted, laneGap, nextNumber } from "./laneCounter";
import type { MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "./ramps";
import type { RampLane, RoutedChain } from "./ramps";
import { inChunks } from "../rpc/chunks";
import { gapAfter, readLogsThrough } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

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

/** The part of a chain that is needed to track its messages. */
export type TrackedChain = SendingChain & Pick<MeshChain, "selector">;

/** Retries while an endpoint lags behind what other chains have received from its chain. */
const LAG = { attempts: 40, pauseMs: 500 } as const;

/** Options of {@link track}. */
export interface TrackOptions {
  /** Blocks by network name before which no chain may be pinned: they are known already. */
  readonly notBefore?: ReadonlyMap<string, number> | undefined;
  /**
   * True if to read everything that destinations have received from a source: what CCIP 2.0 has
   * executed since deployment, everybody's messages, and what former OffRamps have.
   */
  readonly thoroughly?: boolean;
}

/**
 * Tracks every message with tokens since deployment.
 *
 * Chains have no common block, so the recorded ones may be of different moments. For a message from S
 * to D, sent in S's block s and executed in D's block d, with the blocks S' and D' recorded:
 * s <= S' and d <= D': arrived, its shares are counted on D;
 * s <= S' and d > D', or not executed: in flight, its shares are counted on neither;
 * s > S' and d > D': not sent yet, its shares are counted on S;
 * s > S' and d <= D': its shares are counted on both. Fast lanes and lagging endpoints bring that about,
 * and no order in which chains are pinned rules it out, for lanes lead both ways. So S is read beyond S',
 * as far as any D' has heard of it: up to what it has committed in CCIP 1.6, where nothing is executed
 * before that. CCIP 2.0 keeps no such number: the highest one that D' has executed takes everybody's
 * messages to find, so that it is asked for only when messages are tracked thoroughly. Then no such message
 * escapes, and it is returned as one that arrived and has not left; otherwise one may be missing, which
 * shows in the sum of shares.
 *
 * CCIP may have replaced ramps meanwhile: each message is asked for at the OffRamp that takes it. What a
 * pool burned for a message through unknown ramps is returned as unreadable.
 * @throws IncompleteLogsError when an endpoint leaves logs out.
 */
export async function track(
  chains: readonly TrackedChain[],
  reading: LogReading = {},
  { notBefore, thoroughly = false }: TrackOptions = {},
): Promise<Tracking> {
  const pins = new Map(
    await Promise.all(
      chains.map(
        async ({ name, provider }) =>
          [name, await pinLatest(name, provider, notBefore?.get(name))] as const,
      ),
    ),
  );
  const pinOf = ({ name }: TrackedChain) => {
    const pin = pins.get(name);
    if (!pin) throw new Error(`${name} was not pinned.`);
    return pin;
  };
  const lanes = new RampLanes<TrackedChain>(reading.store);
  const sent = await Promise.all(
    chains.map(async (source) => {
      const outgoing = await Promise.all(
        chains
          .filter((chain) => chain !== source)
          .map(async (chain) => {
            const known = thoroughly
              ? await lanes.all(source, chain)
              : (await lanes.current(source, chain)).filter(countsCommits);
            return known.map((lane) => ({ lane, pin: pinOf(chain) }));
          }),
      );
      const upTo = await blockBeyond(source, pinOf(source), outgoing.flat(), reading);
      return { source, ...(await readSent(source, upTo, reading)) };
    }),
  );
  const followed = await Promise.all(
    sent.map(async ({ source, messages, burns, unreadable }) => {
      const found = await inChunks(messages, async (item): Promise<TrackedMessage[]> => {
        const { destinationSelector, blockNumber, sourceSelector } = item.message;
        if (sourceSelector !== source.selector) return [];
        const destination = chains.find(({ selector }) => selector === destinationSelector);
        const state =
          destination &&
          (await stateThrough(lanes, { source, destination }, item, pinOf(destination)));
        if (!state && destination) return [];
        if (!state && !(await isCcips(lanes, source, item.message))) return [];
        return [
          {
            ...item,
            source: source.name,
            destination: destination?.name ?? destinationSelector.toString(),
            hasLeft: blockNumber <= pinOf(source).blockNumber,
            state,
          },
        ];
      });
      const known = found.flat();
      return {
        messages: known,
        unreadable: unaccounted(messages, known, { burns, unreadable }).map((item) => ({
          source: source.name,
          ...item,
        })),
      };
    }),
  );
  return {
    pins,
    messages: followed
      .flatMap(({ messages }) => messages)
      .filter(({ hasLeft, state }) => hasLeft || state === "success"),
    unreadable: followed.flatMap(({ unreadable }) => unreadable),
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
  if (!lane) return (await isCcips(lanes, source, message)) ? "untouched" : undefined;
  return executionState({ provider, ccip: lane.destination.ccip }, message);
}

/** Returns whether a message was logged by an OnRamp of CCIP's: the router of the source names it, or has. */
function isCcips<C extends RoutedChain>(
  lanes: RampLanes<C>,
  source: C,
  { onRamp, destinationSelector }: Message,
): Promise<boolean> {
  return lanes.hasSentTo(source, destinationSelector, onRamp);
}

/** Finds messages that endpoints leave out of the newest ones of lanes, by the counters of their OnRamps; empty if none is missing. */
export async function laneGaps(
  lanes: readonly Lane<ChainView>[],
  at: PinnedChain,
  sent: readonly Pick<SentMessage, "message">[],
  lag: LogReading["lag"],
): Promise<string[]> {
  const gaps = await inChunks(lanes, (lane) => {
    const numbers = sent
      .filter(({ message }) => message.onRamp === lane.source.ccip.onRamp)
      .filter(({ message }) => message.destinationSelector === lane.destination.selector)
      .map(({ message }) => message.sequenceNumber);
    const fromBlock = lane.source.firstBlock ?? 0;
    return gapAfter(() => laneGap(lane, { at, numbers, fromBlock }), lag);
  });
  return gaps.filter((gap) => gap !== undefined);
}

/** Transactions in which more was burned for CCIP than the messages that could be followed carry. */
function unaccounted(
  claimed: readonly SentMessage[],
  known: readonly SentMessage[],
  { burns, unreadable }: Pick<SentMessages, "burns" | "unreadable">,
): { transactionHash: string; reason: string }[] {
  const carried = new Map<string, number>();
  for (const { message } of known) {
    carried.set(message.transactionHash, (carried.get(message.transactionHash) ?? 0) + 1);
  }
  return [...burns].flatMap(([transactionHash, count]) => {
    if (count <= (carried.get(transactionHash) ?? 0)) return [];
    const unread = unreadable.get(transactionHash);
    if (unread !== undefined) return [{ transactionHash, reason: unread }];
    const ramps = claimed
      .filter(({ message }) => message.transactionHash === transactionHash)
      .filter((item) => !known.some(({ message }) => message === item.message))
      .map(({ message }) => message.onRamp);
    const through =
      ramps.length === 0
        ? "through no OnRamp that told of it"
        : `through ${[...new Set(ramps)].join(", ")}, from which no OffRamp takes anything that its router has named since deployment`;
    return [{ transactionHash, reason: `a pool burned tokens for CCIP, and they left ${through}` }];
  });
}

/** Returns whether a message has left its source and not arrived, for the recorded blocks. */
export function isInFlight({ hasLeft, state }: TrackedMessage): boolean {
  return hasLeft && state !== "success";
}

/** A block of a source, not before its pin, that holds all that destinations have heard of from it. */
async function blockBeyond(
  source: TrackedChain,
  pin: PinnedChain,
  outgoing: readonly { readonly lane: RampLane<TrackedChain>; readonly pin: PinnedChain }[],
  reading: LogReading,
): Promise<number> {
  const heard = await Promise.all(
    outgoing.map(({ lane, pin: there }) => nextExpected(lane, there, reading)),
  );
  for (let attempt = 1; ; attempt++) {
    const latest = await pinLatest(source.name, source.provider, pin.blockNumber);
    const next = await Promise.all(outgoing.map(({ lane }) => nextNumber(latest, lane)));
    if (next.every((number, i) => number >= (heard[i] ?? 0n))) return latest.blockNumber;
    if (attempt >= LAG.attempts) {
      throw new OperatorError(
        "ENDPOINT_INCOMPLETE",
        `The RPC endpoint of ${source.name} is at block ${latest.blockNumber}, in which messages are not sent yet that other chains have received: it lags. Try again later, or use another url.`,
      );
    }
    await sleep(LAG.pauseMs);
  }
}

/** Returns whether the destination of a lane says without a search how far it has heard of its source. */
function countsCommits({ destination }: Lane<ChainView>): boolean {
  return destination.ccip.version === "1.6";
}

/** The number after the last message that a destination has heard of: committed in CCIP 1.6, executed in 2.0. */
async function nextExpected(
  { source, destination }: RampLane<TrackedChain>,
  pin: PinnedChain,
  reading: LogReading,
): Promise<bigint> {
  const { version = "1.6", offRamp: address } = destination.ccip;
  if (version === "1.6") return firstUncommitted(pin, { source, destination });
  const { chainId, provider, deployedAt = 0 } = destination;
  const key = id([address, source.selector].join()).slice(2, 18);
  const range = {
    address,
    topics: [executedTopics()[version], toBeHex(source.selector, 32)],
    fromBlock: deployedAt,
    toBlock: pin.blockNumber,
  };
  const caching = { ...reading, key: `${chainId}-executed-${key}` };
  const logs = await readLogsThrough(provider, range, caching);
  const numbers = logs.map((log) => decodeExecution(log).sequenceNumber);
  return numbers.reduce((most, number) => (number > most ? number : most), 0n) + 1n;
}
