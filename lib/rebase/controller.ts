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

/** The limits that the controller currently enforces. */
export interface ControllerState {
  readonly config: ControllerConfig;
  /**
   * The earliest time at which the operator's next rebase may take effect, unix seconds; 0 before the first. The
   * interval starts at the last rebase, or at a later cancellation.
   */
  readonly earliestEffectiveAt: bigint;
  /** Time at which the last rebase that was not cancelled takes effect, unix seconds; undefined before the first. */
  readonly lastEffectiveAt?: bigint;
}

/** A rebase as emitted by home's controller. */
export interface ScheduledRebase {
  readonly epoch: bigint;
  /** In 1e27. */
  readonly growthFactor: bigint;
  /** The index from effectiveAt. */
  readonly sharesPerToken: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
  /** Time of its block, unix seconds. */
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

/** Returns the scheduled rebase of an epoch; undefined when its log is not found, which proves nothing. */
export async function findScheduled(
  home: HomeChain,
  epoch: bigint,
  toBlock: number,
): Promise<ScheduledRebase | undefined> {
  const logs = await readNewestLogs(home.provider, {
    address: home.contracts.controller,
    topics: [SCHEDULED, toBeHex(epoch, 32)],
    fromBlock: home.deployedAt ?? 0,
    toBlock,
  });
  const log = logs.at(-1);
  return log && decodeScheduled(home, log);
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
