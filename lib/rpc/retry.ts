import { setTimeout as sleep } from "node:timers/promises";

import { EndpointError, meaningOf } from "../core/endpoint/errors";
import { LAG_POLICY, REQUEST_POLICY } from "../core/endpoint/client";
import type { RetryPolicy } from "../core/endpoint/client";

/**
 * Repeats an action while it fails for a temporary reason.
 * @throws the last error, or the first that is not temporary.
 */
export async function retrying<T>(
  action: () => Promise<T>,
  passes: (error: unknown) => boolean,
  { attempts, pauseMs, maxPauseMs }: RetryPolicy = REQUEST_POLICY,
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

/**
 * Reads something at a block that is known to be there, and waits for a provider that lags behind it. Our own
 * providers have waited already when they say so.
 */
export function atKnownBlock<T>(read: () => Promise<T>): Promise<T> {
  return retrying(
    read,
    (error) => !(error instanceof EndpointError) && meaningOf(error) === "lagging",
    LAG_POLICY,
  );
}
