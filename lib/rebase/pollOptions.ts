import { setTimeout } from "node:timers/promises";

/** How a run passes the time. Nothing but `sleep` waits, so that a test may pass it as it likes. */
export interface PollOptions {
  sleep(milliseconds: number): Promise<void>;
  /** Between two looks at the chains, milliseconds. */
  readonly pollMs: number;
  /** For how long messages are followed in all, milliseconds. */
  readonly followMs: number;
  /** Before what failed is tried again, milliseconds; doubled each time. */
  readonly backoffMs: number;
}

/** CCIP takes some 20 minutes from Ethereum, a local network about a second. */
export function pollOptionsOf(live: boolean): PollOptions {
  const sleep = (milliseconds: number) => setTimeout(milliseconds);
  return live
    ? { sleep, pollMs: 15_000, followMs: 3_600_000, backoffMs: 30_000 }
    : { sleep, pollMs: 500, followMs: 30_000, backoffMs: 1_000 };
}
