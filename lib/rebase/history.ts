import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import { UNCHANGED } from "../core/growth";
import type { Mesh, SatelliteChain } from "../core/mesh/mesh";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs, readNewestLogs } from "../rpc/logs";

import { SCHEDULED, decodeScheduled } from "./controller";
import type { ScheduledRebase } from "./controller";
import { readStatus } from "./status";

/** The time at which a satellite received a rebase. */
export interface Arrival {
  readonly chain: string;
  /** The epoch that brought it: a newer one when its own broadcast was lost or overtaken. */
  readonly epoch: bigint;
  /** Unix seconds, by the satellite's clock. */
  readonly appliedAt: bigint;
  /** Seconds since it was scheduled at home. */
  readonly lag: bigint;
  readonly messageId: string;
  readonly transactionHash: string;
}

/** A past rebase and its outcome. */
export interface PastRebase extends ScheduledRebase {
  /** `replaced` and `cancelled` ones never took effect; `unknown` when the log of its successor is missing. */
  readonly outcome: "effective" | "pending" | "replaced" | "cancelled" | "unknown";
  /** One for each satellite that has it or a newer one. */
  readonly arrivals: readonly Arrival[];
  /** Satellites that have neither; without those that have it but whose endpoint omits the log. */
  readonly missing: readonly string[];
}

/** The newest rebases, newest first. */
export interface History {
  readonly rebases: readonly PastRebase[];
  /** Epochs among them without a log: the endpoint omits logs, or another controller scheduled them. */
  readonly untold: readonly bigint[];
}

const APPLIED = topicOf(abi.receiver, "BroadcastApplied");
const appliedEvent = z.object({ epoch: z.bigint(), messageId: z.string() });

/** Clocks of chains differ by seconds: the search in a satellite's events starts this much earlier. */
const CLOCK_SKEW_SECONDS = 600n;

/** Reads the newest rebases, at most `limit`, newest first, with their arrival times on the satellites. */
export async function readHistory(mesh: Mesh, limit: number): Promise<History> {
  const { home, satellites } = mesh;
  const status = await readStatus(mesh);
  const { epoch: newest, timestamp, blockNumber: toBlock } = status.home;
  const { controller: address } = home.contracts;
  const logs = await readNewestLogs(
    home.provider,
    { address, topics: [SCHEDULED], fromBlock: home.deployedAt ?? 0, toBlock },
    limit,
  );
  const scheduled = await Promise.all(logs.slice(-limit).map((log) => decodeScheduled(home, log)));
  const byEpoch = new Map(scheduled.map((rebase) => [rebase.epoch, rebase]));
  // Home numbers its epochs consecutively, so missing logs are detectable.
  const length = Math.min(limit, Number(newest));
  const untold = Array.from({ length }, (_, i) => newest - BigInt(i)).filter(
    (epoch) => epoch > 1n && !byEpoch.has(epoch),
  );
  const [oldest] = scheduled;
  if (!oldest) return { rebases: [], untold };
  const arrivals = await Promise.all(
    satellites.map((satellite) => readArrivals(satellite, oldest.scheduledAt, oldest.epoch)),
  );
  const rebases = scheduled.map((rebase): PastRebase => {
    const { epoch } = rebase;
    const found = arrivals.flatMap((all) => {
      // The first event with this epoch or a newer one, in the order of the chain.
      const arrival = all.find((event) => event.epoch >= epoch);
      return arrival ? [{ ...arrival, lag: arrival.appliedAt - rebase.scheduledAt }] : [];
    });
    const successor = byEpoch.get(epoch + 1n);
    const missing = status.satellites
      .filter(({ chain, epoch: reached }) => {
        return reached < epoch && !found.some((arrival) => arrival.chain === chain);
      })
      .map(({ chain }) => chain);
    const isUnknown = untold.includes(epoch + 1n);
    return {
      ...rebase,
      outcome: outcomeOf(rebase, successor, timestamp) ?? (isUnknown ? "unknown" : "effective"),
      arrivals: found,
      missing,
    };
  });
  return { rebases: rebases.reverse(), untold };
}

/** Returns what became of a rebase before it took effect; undefined when it did, or its successor is unknown. */
function outcomeOf(
  { effectiveAt }: ScheduledRebase,
  successor: ScheduledRebase | undefined,
  now: bigint,
): PastRebase["outcome"] | undefined {
  if (!successor || successor.scheduledAt >= effectiveAt) {
    return now < effectiveAt ? "pending" : undefined;
  }
  const isCancellation =
    successor.growthFactor === UNCHANGED && successor.effectiveAt === successor.scheduledAt;
  return isCancellation ? "cancelled" : "replaced";
}

/** Reads the broadcasts that a satellite applied since a time, oldest first. */
async function readArrivals(
  { name: chain, provider, contracts: { receiver: address }, deployedAt = 0 }: SatelliteChain,
  since: bigint,
  oldest: bigint,
): Promise<Omit<Arrival, "lag">[]> {
  const toBlock = await provider.getBlockNumber();
  const within = { fromBlock: deployedAt, toBlock };
  const fromBlock = await firstBlockAt(provider, since - CLOCK_SKEW_SECONDS, within);
  const logs = await readLogs(provider, { address, topics: [APPLIED], fromBlock, toBlock });
  const applied = logs
    .map((log) => ({ log, ...decodeEvent(abi.receiver, "BroadcastApplied", log, appliedEvent) }))
    .filter(({ epoch }) => epoch >= oldest);
  return Promise.all(
    applied.map(async ({ log: { blockNumber, transactionHash }, epoch, messageId }) => ({
      chain,
      epoch,
      appliedAt: await timeOfBlock(provider, blockNumber),
      messageId,
      transactionHash,
    })),
  );
}
