import { isTransportError } from "../core/endpoint/errors";
import {
  TransactionRejectedError,
  RevertedError,
  TransactionError,
  shortMessage,
} from "../tx/errors";

import type { PollOptions } from "./pollOptions";
import { isOvertaken } from "./schedule";

/** Default maximum of broadcasts over one lane in one run. */
export const ATTEMPTS = 3;

/** Seconds after which a message is treated as lost: CCIP takes about 20 minutes from Ethereum. */
export const OVERDUE_AFTER_SECONDS = 2_700n;

/** Maximum number of transient errors in a run: failed reads, or conflicts with another run. */
export const MAX_FAULTS = 10;

/** Returns whether another read of the chains may resolve an error: its outcome is unknown, or another run was faster. */
export function mayPass(error: unknown): boolean {
  if (error instanceof TransactionRejectedError) return false;
  if (error instanceof RevertedError) return isOvertaken(error);
  return error instanceof TransactionError || isTransportError(error);
}

/**
 * Retries an action, including its reads, while its errors are transient.
 * @throws the last error, when it is not transient or there were too many.
 */
export async function throughFaults<T>(
  { sleep, pollMs }: Pick<PollOptions, "sleep" | "pollMs">,
  onFault: (reason: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  for (let faults = 1; ; faults++) {
    try {
      return await action();
    } catch (error) {
      if (!mayPass(error) || faults > MAX_FAULTS) throw error;
      onFault(error instanceof Error ? shortMessage(error) : String(error));
      await sleep(pollMs);
    }
  }
}
