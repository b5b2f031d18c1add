import { setTimeout as sleep } from "node:timers/promises";
import type { ChainView, Lane, Message } from "ccip-localnet/protocol";

import { isTransportError } from "../core/endpoint/errors";

import { isSettled, readStage } from "./stage";
import type { MessageStage, Stage } from "./stage";

/** Options of {@link follow}. */
export interface FollowOptions {
  /** Pause between two reads of both chains, milliseconds. */
  readonly pollMs: number;
  /** Timeout, milliseconds. */
  readonly timeoutMs: number;
  /** The block of the destination from which its execution is looked for. */
  readonly fromBlock?: number;
  /** Called with every stage that is reached. */
  onStage?(stage: Stage): void;
}

/**
 * Follows a message until it was executed, with success or not, or until the time is up. An endpoint
 * that does not answer is asked again: the message goes on meanwhile.
 * @param findLane the lane that it takes, with the ramps at both ends; undefined while there is no OffRamp for it.
 * @returns how far it was when it was looked at last.
 */
export async function follow(
  findLane: () => Promise<Lane<ChainView> | undefined>,
  message: Message,
  options: FollowOptions,
): Promise<MessageStage> {
  const { pollMs, timeoutMs, fromBlock } = options;
  const deadline = Date.now() + timeoutMs;
  let last: MessageStage = { stage: "sent" };
  options.onStage?.(last.stage);
  let lane: Lane<ChainView> | undefined;
  for (;;) {
    try {
      lane ??= await findLane();
      const now = lane ? await readStage(lane, message, fromBlock) : last;
      if (now.stage !== last.stage) options.onStage?.(now.stage);
      last = now;
    } catch (error) {
      if (!isTransportError(error)) throw error;
    }
    if (isSettled(last.stage) || Date.now() >= deadline) return last;
    await sleep(pollMs);
  }
}
