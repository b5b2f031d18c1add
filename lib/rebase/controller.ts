import { toBeHex } from "ethers";
import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import type { HomeChain } from "../core/mesh/mesh";
import type { ControllerConfig } from "../mesh/components/controller";
import { timeOfBlock } from "../rpc/blocks";
import { readNewestLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

/** What the controller allows now. */
export interface ControllerState {
  readonly config: ControllerConfig;
  /**
   * The earliest moment at which the operator's next rebase may count, unix seconds; 0 before the first. The
   * interval runs from the last rebase, and from a cancellation that came later.
   */
  readonly earliestEffectiveAt: bigint;
  /** When the last rebase that was not cancelled counts, unix seconds; undefined before the first. */
  readonly lastEffectiveAt?: bigint;
}

/** A rebase as home announced it. */
export interface ScheduledRebase {
  readonly epoch: bigint;
  /** In 1e27. */
  readonly growthFactor: bigint;
  /** The index from effectiveAt on. */
  readonly sharesPerToken: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
  /** Time of the block that it was scheduled in, unix seconds. */
  readonly scheduledAt: bigint;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

const scheduledEvent = z.object({
  epoch: z.bigint(),
  growthFactor: z.bigint(),
  sharesPerToken: z.bigint(),
  effectiveAt: z.bigint(),
});

/** Topic of the controller's event. */
export const SCHEDULED = topicOf(abi.controller, "RebaseScheduled");

/** Reads the controller at one block. */
export async function readController(
  { contracts }: HomeChain,
  pinned: PinnedChain,
): Promise<ControllerState> {
  const controller = contractAt.controller(contracts.controller, pinned);
  const [config, earliestEffectiveAt, lastEffectiveAt] = await Promise.all([
    controller.getConfig(),
    controller.earliestEffectiveAt(),
    controller.lastEffectiveAt(),
  ]);
  const { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay } = config;
  return {
    config: { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay },
    earliestEffectiveAt,
    ...(lastEffectiveAt > 0n && { lastEffectiveAt }),
  };
}

/** The rebase of an epoch as home announced it; undefined when no log tells of it, which proves nothing. */
export async function findScheduled(
  home: HomeChain,
  epoch: bigint,
  toBlock: number,
): Promise<ScheduledRebase | undefined> {
  const logs = await readNewestLogs(home.provider, {
    address: home.contracts.controller,
    topics: [SCHEDULED, epochTopic(epoch)],
    fromBlock: home.deployedAt ?? 0,
    toBlock,
  });
  const log = logs.at(-1);
  return log && decodeScheduled(home, log);
}

/** Whether a rebase was replaced or cancelled before it counted: another one was scheduled while it was pending. */
export function wasReplaced(
  { effectiveAt }: ScheduledRebase,
  successor: Pick<ScheduledRebase, "scheduledAt"> | undefined,
): boolean {
  return successor !== undefined && successor.scheduledAt < effectiveAt;
}

/** Reads a `RebaseScheduled` log and the time of its block. */
export async function decodeScheduled(home: HomeChain, log: PlainLog): Promise<ScheduledRebase> {
  return {
    ...decodeEvent(abi.controller, "RebaseScheduled", log, scheduledEvent),
    scheduledAt: await timeOfBlock(home.provider, log.blockNumber),
    blockNumber: log.blockNumber,
    transactionHash: log.transactionHash,
  };
}

/** An epoch as events index it. */
export function epochTopic(epoch: bigint): string {
  return toBeHex(epoch, 32);
}
