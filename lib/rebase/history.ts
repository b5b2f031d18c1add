import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import type { Mesh, SatelliteChain } from "../core/mesh/mesh";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs, readNewestLogs } from "../rpc/logs";

import { SCHEDULED, decodeScheduled, wasReplaced } from "./controller";
import type { ScheduledRebase } from "./controller";
import { UNCHANGED } from "../core/growth";
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
  const toBlock = status.home.blockNumber;
  const { controller: address } = home.contracts;
  const logs = await readNewestLogs(
    home.provider,
    { address, topics: [SCHEDULED], fromBlock: home.deployedAt ?? 0, toBlock },
    limit,
  );
  const scheduled = await Promise.all(logs.slice(-limit).map((log) => decodeScheduled(home, log)));
  const [oldest] = scheduled;
  // Home numbers its epochs consecutively, so missing logs are detectable.
  const epochs = new Set(scheduled.map(({ epoch }) => epoch));
  const untold: bigint[] = [];
  for (let i = 0n; i < limit && status.home.epoch - i > 1n; i++) {
    if (!epochs.has(status.home.epoch - i)) untold.push(status.home.epoch - i);
  }
  if (!oldest) return { rebases: [], untold };
  const arrivals = await Promise.all(
    satellites.map((satellite) => readArrivals(satellite, oldest.scheduledAt, oldest.epoch)),
  );
  const rebases = scheduled
    .map((rebase): PastRebase => {
      const successor = scheduled.find(({ epoch }) => epoch === rebase.epoch + 1n);
      const found = arrivals.flatMap((all) => {
        // The first event with this epoch or a newer one, in the order of the chain.
        const arrival = all.find(({ epoch }) => epoch >= rebase.epoch);
        return arrival ? [{ ...arrival, lag: arrival.appliedAt - rebase.scheduledAt }] : [];
      });
      const isCancelled =
        successor?.growthFactor === UNCHANGED && successor.effectiveAt === successor.scheduledAt;
      return {
        ...rebase,
        outcome: wasReplaced(rebase, successor)
          ? isCancelled
            ? "cancelled"
            : "replaced"
          : status.home.timestamp < rebase.effectiveAt
            ? "pending"
            : untold.includes(rebase.epoch + 1n)
              ? "unknown"
              : "effective",
        arrivals: found,
        missing: status.satellites
          .filter(({ epoch }) => epoch < rebase.epoch)
          .map(({ chain }) => chain)
          .filter((name) => !found.some(({ chain }) => chain === name)),
      };
    })
    .reverse();
  return { rebases, untold };
}

/** Reads the broadcasts that a satellite applied since a time, oldest first. */
async function readArrivals(
  { name, provider, contracts, deployedAt }: SatelliteChain,
  since: bigint,
  epoch: bigint,
): Promise<Omit<Arrival, "lag">[]> {
  const toBlock = await provider.getBlockNumber();
  const fromBlock = await firstBlockAt(provider, since - CLOCK_SKEW_SECONDS, {
    fromBlock: deployedAt ?? 0,
    toBlock,
  });
  const logs = await readLogs(provider, {
    address: contracts.receiver,
    topics: [APPLIED],
    fromBlock,
    toBlock,
  });
  const applied = logs
    .map((log) => ({ log, ...decodeEvent(abi.receiver, "BroadcastApplied", log, appliedEvent) }))
    .filter((event) => event.epoch >= epoch);
  return Promise.all(
    applied.map(async ({ log, epoch: brought, messageId }) => ({
      chain: name,
      epoch: brought,
      appliedAt: await timeOfBlock(provider, log.blockNumber),
      messageId,
      transactionHash: log.transactionHash,
    })),
  );
}
