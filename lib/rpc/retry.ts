import { setTimeout as sleep } from "node:timers/promises";

import { isMissingBlock } from "./faults";

/** How often and how long something is tried again. */
export interface Patience {
  /** How often it is tried in all. */
  readonly attempts: number;
  /** The first pause; every next one is twice as long. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** For a single request to an endpoint. */
export const REQUEST_PATIENCE: Patience = { attempts: 5, pauseMs: 200, maxPauseMs: 4_000 };

/** For an endpoint that lags: for seconds it is waited for, not for minutes. */
export const LAG_PATIENCE: Patience = { attempts: 12, pauseMs: 100, maxPauseMs: 3_000 };

/**
 * Does something again while it fails for a reason that passes.
 * @throws the last error, or the first that does not pass.
 */
export async function retrying<T>(
  action: () => Promise<T>,
  passes: (error: unknown) => boolean,
  { attempts, pauseMs, maxPauseMs }: Patience = REQUEST_PATIENCE,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= attempts || !passes(error)) throw error;
      await sleep(Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs));
    }
  }
}

/** Reads something at a block that is known to be there, and waits for an endpoint that lags behind it. */
export function atKnownBlock<T>(read: () => Promise<T>): Promise<T> {
  return retrying(read, isMissingBlock, LAG_PATIENCE);
}
