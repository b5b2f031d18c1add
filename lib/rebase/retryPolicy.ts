import { isTransportError } from "../core/endpoint/errors";
import {
  TransactionRejectedError,
  RevertedError,
  TransactionError,
  shortMessage,
} from "../tx/errors";

import type { PollOptions } from "./pollOptions";
import { isOvertaken } from "./schedule";

/** How often a broadcast is sent over one lane in one run, unless somebody says otherwise. */
export const ATTEMPTS = 3;

/** Seconds after which a message counts as lost: CCIP takes some 20 minutes from Ethereum. */
export const OVERDUE_AFTER_SECONDS = 2_700n;

/** Looks without an answer, or overtaken by somebody, that a run puts up with. */
export const MAX_FAULTS = 10;

/** Whether reading the chains again may tell more: nobody knows what became of it, or somebody was faster. */
export function mayPass(error: unknown): boolean {
  if (error instanceof TransactionRejectedError) return false;
  if (error instanceof RevertedError) return isOvertaken(error);
  return error instanceof TransactionError || isTransportError(error);
}

/**
 * Does something again, from its first look at the chains on, as long as what stops it may pass.
 * @throws the last error, when there were too many or it does not pass.
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
