import { z } from "zod";

import { decodeEvent, topicOf } from "../ccip/abi";
import { abi } from "../mesh/contracts";
import type { Mesh, SatelliteChain } from "../mesh/mesh";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs, readNewestLogs } from "../rpc/logs";

import { REPLACED, SCHEDULED, decodeScheduled } from "./controller";
import type { ScheduledRebase } from "./controller";
import { UNCHANGED } from "./growth";
import { readStatus } from "./status";

/** When a satellite took a rebase over. */
export interface Arrival {
  readonly chain: string;
  /** The epoch by which it came: a newer one when its own broadcast was lost or overtaken. */
  readonly epoch: bigint;
  /** Unix seconds, by the satellite's clock. */
  readonly appliedAt: bigint;
  /** Seconds from scheduling at home. */
  readonly lag: bigint;
  readonly messageId: string;
  readonly transactionHash: string;
}

/** A rebase and what became of it. */
export interface PastRebase extends ScheduledRebase {
  /** `replaced` and `cancelled` ones never counted. */
  readonly outcome: "effective" | "pending" | "replaced" | "cancelled";
  /** One for each satellite that has it, or something newer. */
  readonly arrivals: readonly Arrival[];
  /** The satellites that have neither. */
  readonly missing: readonly string[];
}

const APPLIED = topicOf(abi.receiver, "BroadcastApplied");
const appliedEvent = z.object({ epoch: z.bigint(), messageId: z.string() });
const replacedEvent = z.object({ epoch: z.bigint() });

/** Clocks of chains differ by seconds: a satellite's events are looked for from this long before. */
const CLOCK_SKEW_SECONDS = 600n;

/** The newest rebases, at most `limit`, newest first, and when each reached which satellite. */
export async function readHistory(mesh: Mesh, limit: number): Promise<PastRebase[]> {
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
  if (!oldest) return [];
  const replacedLogs = await readLogs(home.provider, {
    address,
    topics: [REPLACED],
    fromBlock: oldest.blockNumber,
    toBlock,
  });
  const replaced = new Set(
    replacedLogs.map(
      (log) => decodeEvent(abi.controller, "RebaseReplaced", log, replacedEvent).epoch,
    ),
  );
  const arrivals = await Promise.all(
    satellites.map((satellite) => readArrivals(satellite, oldest.scheduledAt, oldest.epoch)),
  );
  return scheduled
    .map((rebase, i): PastRebase => {
      const successor = scheduled[i + 1];
      const found = arrivals.flatMap((all) => {
        // The first that brought this epoch or a newer one; it is in the order of the chain.
        const arrival = all.find(({ epoch }) => epoch >= rebase.epoch);
        return arrival ? [{ ...arrival, lag: arrival.appliedAt - rebase.scheduledAt }] : [];
      });
      const isReplaced = replaced.has(rebase.epoch);
      const isCancelled =
        successor?.growthFactor === UNCHANGED && successor.effectiveAt === successor.scheduledAt;
      return {
        ...rebase,
        outcome: isReplaced
          ? isCancelled
            ? "cancelled"
            : "replaced"
          : status.home.timestamp < rebase.effectiveAt
            ? "pending"
            : "effective",
        arrivals: found,
        missing: satellites
          .map(({ name }) => name)
          .filter((name) => !found.some(({ chain }) => chain === name)),
      };
    })
    .reverse();
}

/** The broadcasts that a satellite took over since a time, oldest first. */
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
