import { setTimeout as sleep } from "node:timers/promises";

import { toBeHex } from "ethers";
import { decodeExecution, executedTopics, executionState } from "ccip-localnet/protocol";
import type { ChainView, Execution, Lane, Message } from "ccip-localnet/protocol";

import { isTransportError } from "../core/endpoint/errors";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readNewestLogs } from "../rpc/logs";

import { firstUncommitted } from "./laneCounter";

/** The stage of a message. */
export type Stage = "sent" | "final" | "committed" | "executed" | "failed";

/** The stage of a message, and the last attempt to execute it. */
export interface MessageStage {
  readonly stage: Stage;
  readonly attempt?: Execution | undefined;
}

/** Returns whether nothing more happens to a message by itself. */
export function isSettled(stage: Stage): boolean {
  return stage === "executed" || stage === "failed";
}

/** Reads the stage of a message from both chains; its execution from a block on, or else from the time it was sent. */
export async function readStage(
  lane: Lane<ChainView>,
  message: Message,
  fromBlock?: number,
): Promise<MessageStage> {
  const { source, destination } = lane;
  const state = await executionState(destination, message);
  if (state === "success" || state === "failure") {
    const toBlock = await destination.provider.getBlockNumber();
    const attempt = await lastAttempt(destination, message, {
      fromBlock: fromBlock ?? (await firstPossibleBlock(lane, message, toBlock)),
      toBlock,
    });
    return { stage: state === "success" ? "executed" : "failed", attempt };
  }
  // Verifiers of CCIP 2.0 answer off chain.
  if (message.version === "1.6") {
    const next = await firstUncommitted(destination.provider, lane);
    if (next > message.sequenceNumber) return { stage: "committed" };
  }
  // Some chains do not know the tag.
  const final = await source.provider.getBlock("finalized").catch(() => null);
  return { stage: final && final.number >= message.blockNumber ? "final" : "sent" };
}

/**
 * Follows a message until it was executed, with success or not, or until the time is up. An endpoint
 * that does not answer is asked again: the message goes on meanwhile.
 * @param findLane finds the lane that it takes; undefined while there is no OffRamp for it.
 * @param onStage is called with every stage that is reached.
 */
export async function follow(
  findLane: () => Promise<Lane<ChainView> | undefined>,
  message: Message,
  {
    pollMs,
    timeoutMs,
    fromBlock,
    onStage,
  }: {
    readonly pollMs: number;
    readonly timeoutMs: number;
    readonly fromBlock?: number;
    readonly onStage?: (stage: Stage) => void;
  },
): Promise<MessageStage> {
  const deadline = Date.now() + timeoutMs;
  let last: MessageStage = { stage: "sent" };
  onStage?.(last.stage);
  let lane: Lane<ChainView> | undefined;
  for (;;) {
    try {
      lane ??= await findLane();
      const now = lane ? await readStage(lane, message, fromBlock) : last;
      if (now.stage !== last.stage) onStage?.(now.stage);
      last = now;
    } catch (error) {
      if (!isTransportError(error)) throw error;
    }
    if (isSettled(last.stage) || Date.now() >= deadline) return last;
    await sleep(pollMs);
  }
}

/** Reads the last attempt to execute a message within some blocks of its destination. */
export async function lastAttempt(
  { provider, ccip }: Pick<ChainView, "provider" | "ccip">,
  { version, sourceSelector, sequenceNumber, messageId }: Message,
  blocks: { readonly fromBlock: number; readonly toBlock: number },
): Promise<Execution | undefined> {
  const [source, number] = [toBeHex(sourceSelector, 32), toBeHex(sequenceNumber, 32)];
  const topics = [executedTopics()[version], source, number, messageId];
  const logs = await readNewestLogs(provider, { address: ccip.offRamp, topics, ...blocks });
  const last = logs.at(-1);
  return last && decodeExecution(last);
}

/** Returns a block of the destination before which a message was neither committed nor executed. */
export async function firstPossibleBlock(
  { source, destination }: Lane<ChainView>,
  { blockNumber }: Message,
  toBlock: number,
): Promise<number> {
  const { provider, firstBlock: fromBlock = 0 } = destination;
  if (toBlock - fromBlock <= SHORT_HISTORY) return fromBlock;
  const sentAt = await timeOfBlock(source.provider, blockNumber);
  return firstBlockAt(provider, sentAt - CLOCK_DIFFERENCE_SECONDS, { fromBlock, toBlock });
}

/** Blocks that any endpoint searches at once. */
const SHORT_HISTORY = 1_000;

/** Chains' clocks differ by seconds; a minute is more than any two of them do. */
const CLOCK_DIFFERENCE_SECONDS = 60n;
