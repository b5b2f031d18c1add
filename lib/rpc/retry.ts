import { setTimeout as sleep } from "node:timers/promises";

import { LAG_POLICY, REQUEST_POLICY } from "../core/endpoint/client";
import type { RetryPolicy } from "../core/endpoint/client";
import { EndpointError, meaningOf } from "../core/endpoint/errors";
import { OperatorError } from "../core/errors";

/** Repeats an action with growing pauses until its outcome is final; returns the last one. */
export async function repeating<T>(
  action: () => Promise<T>,
  isFinal: (outcome: T) => boolean,
  { attempts, pauseMs, maxPauseMs }: RetryPolicy = LAG_POLICY,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await action();
    if (attempt >= attempts || isFinal(outcome)) return outcome;
    await sleep(Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs));
  }
}

/** Repeats an action while it fails for a temporary reason; throws the last error, or the first other one. */
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

/** Reads what has to be there, and waits for an endpoint that lags; throws an OperatorError with the reason. */
export async function known<T>(
  read: () => Promise<T | null>,
  reason: () => string,
  policy: RetryPolicy = LAG_POLICY,
): Promise<T> {
  const found = await repeating(read, (item) => item !== null, policy);
  if (found !== null) return found;
  throw new OperatorError("ENDPOINT_INCOMPLETE", reason());
}

/** Reads at a block that is known to be there; our own providers have waited already when they say that they lag. */
export function atKnownBlock<T>(read: () => Promise<T>): Promise<T> {
  return retrying(
    read,
    (error) => !(error instanceof EndpointError) && meaningOf(error) === "lagging",
    LAG_POLICY,
  );
}
