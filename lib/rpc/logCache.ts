import type { Provider } from "ethers";

import { CodedError } from "../core/errors";
import type { RetryPolicy } from "../core/endpoint/client";
import { settledBlock } from "../core/settled";

import { timeOfBlock } from "./blocks";
import { readLogs } from "./logs";
import type { LogRange, LogStore, PlainLog } from "./logs";
import { repeating } from "./retry";

/** An endpoint leaves out logs that are needed. */
export class IncompleteLogsError extends CodedError {
  override readonly name = "IncompleteLogsError";
  readonly code = "ENDPOINT_INCOMPLETE";
}

/** The cache of logs, and the retries while an endpoint leaves some out. */
export interface LogReading {
  readonly store?: LogStore;
  readonly lag?: RetryPolicy;
}

/** Options of reading logs through a cache. */
export interface CachedReading extends LogReading {
  /** Key of the logs in the cache. */
  readonly key: string;
  /**
   * Compares the logs with the contract's state, before anything is stored or returned: endpoints leave logs out
   * without an error. Returns a description of the contradiction, or undefined.
   */
  readonly check?: (logs: readonly PlainLog[]) => Promise<string | undefined>;
}

/** Age at which logs without a check are read again, so that a gap closes. */
const UNCHECKED_KEPT_MS = 24 * 3_600_000;

/** {@link readThrough}, with one filter. */
export function readLogsThrough(
  provider: Provider,
  range: LogRange,
  reading: CachedReading,
): Promise<PlainLog[]> {
  const read = (fromBlock: number) => readLogs(provider, { ...range, fromBlock });
  return readThrough(provider, range, read, reading);
}

/**
 * Reads the logs that are not in the store yet, and stores those of settled blocks.
 * @param read reads logs from a block up to the end of the range.
 * @throws IncompleteLogsError when the check fails however long and from wherever the logs are read.
 */
export async function readThrough(
  provider: Provider,
  { fromBlock: first, toBlock }: Pick<LogRange, "fromBlock" | "toBlock">,
  read: (fromBlock: number) => Promise<PlainLog[]>,
  { store, key, check, lag }: CachedReading,
): Promise<PlainLog[]> {
  let kept = store?.load(key);
  if (kept && !check && Date.now() - kept.since > UNCHECKED_KEPT_MS) kept = undefined;
  let logs: PlainLog[] = [];
  const readOn = async () => {
    const known = kept?.logs.filter(({ blockNumber }) => blockNumber <= toBlock) ?? [];
    logs = [...known, ...(await read(kept ? Math.max(first, kept.upTo + 1) : first))];
    return check?.(logs);
  };
  let gap = await gapAfter(readOn, lag);
  if (gap !== undefined && kept) {
    kept = undefined;
    gap = await readOn();
  }
  if (gap !== undefined) throw new IncompleteLogsError(gap);
  if (store) {
    const upTo = await settledUpTo(provider, toBlock);
    if (upTo > (kept?.upTo ?? -1)) {
      const settled = logs.filter(({ blockNumber }) => blockNumber <= upTo);
      store.save(key, { upTo, logs: settled, since: kept?.since ?? Date.now() });
    }
  }
  return logs;
}

/** Repeats a check until it passes, or the retries for a lagging endpoint are used up; returns the last result. */
export function gapAfter(
  look: () => Promise<string | undefined>,
  lag?: RetryPolicy,
): Promise<string | undefined> {
  return repeating(look, (gap) => gap === undefined, lag);
}

/** Finds the newest block, not after another one, up to which logs can be stored. */
export async function settledUpTo(provider: Provider, toBlock: number): Promise<number> {
  const timeOf = (block: number) => timeOfBlock(provider, block);
  const [timestamp, final] = await Promise.all([
    timeOf(toBlock),
    // Endpoints without the tag answer with many different errors.
    provider.getBlock("finalized").catch(() => null),
  ]);
  return settledBlock(
    { number: toBlock, timestamp },
    final ? { number: final.number, timestamp: BigInt(final.timestamp) } : undefined,
    timeOf,
  );
}
