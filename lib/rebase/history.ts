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

/** The newest rebases, newest first. */
export type History = Awaited<ReturnType<typeof readHistory>>;

/** A past rebase and its outcome. */
export type PastRebase = History["rebases"][number];

/** `replaced` and `cancelled` rebases never took effect; `unknown` when the log of the successor is missing. */
type Outcome = "effective" | "pending" | "replaced" | "cancelled" | "unknown";

const APPLIED = topicOf(abi.receiver, "BroadcastApplied");
const appliedEvent = z.object({ epoch: z.bigint(), messageId: z.string() });

/** Clocks of chains differ by seconds: the search in a satellite's events starts this much earlier. */
const CLOCK_SKEW_SECONDS = 600n;

/** Reads the newest rebases, at most `limit`, newest first, with their arrival times on the satellites. */
export async function readHistory(mesh: Mesh, limit: number) {
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
  const arrivals = await Promise.all(
    oldest ? satellites.map((satellite) => readArrivals(satellite, oldest)) : [],
  );
  const rebases = scheduled.map((rebase) => {
    const { epoch } = rebase;
    const found = arrivals.flatMap((all) => {
      // The first event with this epoch or a newer one, in the order of the chain.
      const arrival = all.find((event) => event.epoch >= epoch);
      // The lag is in seconds since it was scheduled at home.
      return arrival ? [{ ...arrival, lag: arrival.appliedAt - rebase.scheduledAt }] : [];
    });
    const successor = byEpoch.get(epoch + 1n);
    const missing = status.satellites
      .filter(({ chain, epoch: reached }) => {
        return reached < epoch && !found.some((arrival) => arrival.chain === chain);
      })
      .map(({ chain }) => chain);
    const outcome: Outcome = untold.includes(epoch + 1n)
      ? "unknown"
      : (outcomeOf(rebase, successor, timestamp) ?? "effective");
    return {
      ...rebase,
      outcome,
      /** One for each satellite that has it or a newer one. */
      arrivals: found,
      /** Satellites that have neither; without those that have it but whose endpoint omits the log. */
      missing,
    };
  });
  return {
    rebases: rebases.reverse(),
    /** Epochs among them without a log: the endpoint omits logs, or another controller scheduled them. */
    untold,
  };
}

/**
 * Returns what became of a rebase before it took effect; undefined when it did.
 * @param successor the next rebase; undefined where there is none.
 */
export function outcomeOf(
  { effectiveAt }: Pick<ScheduledRebase, "effectiveAt">,
  successor: Pick<ScheduledRebase, "effectiveAt" | "scheduledAt" | "growthFactor"> | undefined,
  now: bigint,
): Outcome | undefined {
  if (!successor || successor.scheduledAt >= effectiveAt) {
    return now < effectiveAt ? "pending" : undefined;
  }
  const isCancellation =
    successor.growthFactor === UNCHANGED && successor.effectiveAt === successor.scheduledAt;
  return isCancellation ? "cancelled" : "replaced";
}

/** Reads the broadcasts that a satellite applied since a rebase was scheduled, oldest first. */
async function readArrivals(
  { name: chain, provider, contracts: { receiver: address }, deployedAt = 0 }: SatelliteChain,
  oldest: ScheduledRebase,
) {
  const toBlock = await provider.getBlockNumber();
  const within = { fromBlock: deployedAt, toBlock };
  const fromBlock = await firstBlockAt(provider, oldest.scheduledAt - CLOCK_SKEW_SECONDS, within);
  const logs = await readLogs(provider, { address, topics: [APPLIED], fromBlock, toBlock });
  const applied = logs
    .map((log) => ({ log, ...decodeEvent(abi.receiver, "BroadcastApplied", log, appliedEvent) }))
    .filter(({ epoch }) => epoch >= oldest.epoch);
  return Promise.all(
    applied.map(async ({ log: { blockNumber, transactionHash }, epoch, messageId }) => ({
      chain,
      /** The epoch that brought it: a newer one when its own broadcast was lost or overtaken. */
      epoch,
      /** Unix seconds, by the satellite's clock. */
      appliedAt: await timeOfBlock(provider, blockNumber),
      messageId,
      transactionHash,
    })),
  );
}
