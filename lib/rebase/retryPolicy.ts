import { setTimeout } from "node:timers/promises";

import { abi } from "../core/abis";
import { isTransportError } from "../core/endpoint/errors";
import {
  TransactionRejectedError,
  RevertedError,
  TransactionError,
  shortMessage,
} from "../tx/errors";

/** Default maximum of broadcasts over one lane in one run. */
export const ATTEMPTS = 3;

/** Seconds after which a message is treated as lost: CCIP takes about 20 minutes from Ethereum. */
export const OVERDUE_AFTER_SECONDS = 2_700n;

/** Maximum number of transient errors in a row: failed reads, or conflicts with another run. */
const MAX_TRANSIENT = 10;

/** Waiting intervals of a run. All waiting goes through `sleep`, so that tests can replace it. */
export interface PollOptions {
  sleep(milliseconds: number): Promise<void>;
  /** Interval between two reads of the chains, milliseconds. */
  readonly pollMs: number;
  /** Total time for which messages are tracked, milliseconds. */
  readonly followMs: number;
  /** Delay before a retry, milliseconds; doubled each time. */
  readonly backoffMs: number;
}

/** CCIP takes about 20 minutes from Ethereum, a local network about a second. */
export function pollOptionsOf(live: boolean): PollOptions {
  const sleep = (milliseconds: number) => setTimeout(milliseconds);
  return live
    ? { sleep, pollMs: 15_000, followMs: 3_600_000, backoffMs: 30_000 }
    : { sleep, pollMs: 500, followMs: 30_000, backoffMs: 1_000 };
}

/**
 * Retries an action, including its reads, while another read of the chains may resolve its error.
 * @throws the last error, when it is not transient or there were too many.
 */
export async function retryTransient<T>(
  { sleep, pollMs }: Pick<PollOptions, "sleep" | "pollMs">,
  onTransient: (reason: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (!isTransient(error) || failures > MAX_TRANSIENT) throw error;
      onTransient(error instanceof Error ? shortMessage(error) : String(error));
      await sleep(pollMs);
    }
  }
}

/** Returns whether the outcome of an error is unknown, or another run was faster: its rebase has the epoch. */
function isTransient(error: unknown): boolean {
  if (error instanceof TransactionRejectedError) return false;
  if (error instanceof RevertedError) {
    return abi.controller.parseError(error.revertData)?.name === "UnexpectedEpoch";
  }
  return error instanceof TransactionError || isTransportError(error);
}
