import { toBeHex } from "ethers";
import { decodeExecution, executedTopics, executionState } from "ccip-localnet/protocol";
import type { ChainView, Lane, Message } from "ccip-localnet/protocol";

import { firstUncommitted } from "./laneCounter";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readNewestLogs } from "../rpc/logs";

/** The stage of a message. */
export type Stage = "sent" | "final" | "committed" | "executed" | "failed";

/** An attempt to execute a message. */
export interface Attempt {
  readonly transactionHash: string;
  /** Revert data of what failed, `0x` after a success. */
  readonly returnData: string;
}

/** The stage of a message, and its last execution. */
export interface MessageStage {
  readonly stage: Stage;
  /** The last attempt to execute it. */
  readonly attempt?: Attempt;
}

/** Returns whether nothing more happens to a message by itself. */
export function isSettled(stage: Stage): boolean {
  return stage === "executed" || stage === "failed";
}

/**
 * Reads the stage of a message from both chains.
 * @param fromBlock the block of the destination from which its execution is looked for; found by the
 * time at which the message was sent unless it is named.
 */
export async function readStage(
  lane: Lane<ChainView>,
  message: Message,
  fromBlock?: number,
): Promise<MessageStage> {
  const { source, destination } = lane;
  const state = await executionState(destination, message);
  if (state === "success" || state === "failure") {
    const attempt = await lastAttempt(lane, message, fromBlock);
    return { stage: state === "success" ? "executed" : "failed", ...(attempt && { attempt }) };
  }
  // Verifiers of CCIP 2.0 answer off chain.
  if (
    message.version === "1.6" &&
    (await firstUncommitted(destination.provider, lane)) > message.sequenceNumber
  ) {
    return { stage: "committed" };
  }
  return { stage: (await isFinal(source, message.blockNumber)) ? "final" : "sent" };
}

/** Returns whether a block is final; false on a chain without the `finalized` tag. */
async function isFinal({ provider }: ChainView, blockNumber: number): Promise<boolean> {
  const final = await provider.getBlock("finalized").catch(() => null);
  return final !== null && final.number >= blockNumber;
}

async function lastAttempt(
  lane: Lane<ChainView>,
  message: Message,
  fromBlock?: number,
): Promise<Attempt | undefined> {
  const toBlock = await lane.destination.provider.getBlockNumber();
  const first = fromBlock ?? (await firstPossible(lane, message, toBlock));
  return attemptWithin(lane.destination, message, { fromBlock: first, toBlock });
}

/** Reads the last attempt to execute a message within some blocks of its destination. */
export async function attemptWithin(
  { provider, ccip }: Pick<ChainView, "provider" | "ccip">,
  { version, sourceSelector, sequenceNumber, messageId }: Message,
  blocks: { readonly fromBlock: number; readonly toBlock: number },
): Promise<Attempt | undefined> {
  const topics = [
    executedTopics()[version],
    toBeHex(sourceSelector, 32),
    toBeHex(sequenceNumber, 32),
    messageId,
  ];
  const logs = await readNewestLogs(provider, { address: ccip.offRamp, topics, ...blocks });
  const last = logs.at(-1);
  if (!last) return undefined;
  const { transactionHash, returnData } = decodeExecution(last);
  return { transactionHash, returnData };
}

/** A block of the destination before which a message cannot have been executed. */
async function firstPossible(
  { source, destination }: Lane<ChainView>,
  { blockNumber }: Message,
  latest: number,
): Promise<number> {
  const { provider, firstBlock = 0 } = destination;
  if (latest - firstBlock <= SHORT_HISTORY) return firstBlock;
  const sentAt = await timeOfBlock(source.provider, blockNumber);
  return firstBlockAt(provider, sentAt - CLOCK_DIFFERENCE_SECONDS, {
    fromBlock: firstBlock,
    toBlock: latest,
  });
}

/** Blocks that any endpoint searches at once. */
const SHORT_HISTORY = 1_000;

/** Chains' clocks differ by seconds; a minute is more than any two of them do. */
const CLOCK_DIFFERENCE_SECONDS = 60n;
