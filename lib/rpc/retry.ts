import { setTimeout as sleep } from "node:timers/promises";

import { LAG_POLICY } from "../core/endpoint/client";
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
export async function atKnownBlock<T>(read: () => Promise<T>): Promise<T> {
  const { attempts, pauseMs, maxPauseMs } = LAG_POLICY;
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const isLag = !(error instanceof EndpointError) && meaningOf(error) === "lagging";
      if (attempt >= attempts || !isLag) throw error;
      await sleep(Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs));
    }
  }
}
