import { setTimeout } from "node:timers/promises";

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
