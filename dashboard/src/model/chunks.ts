import { mayGiveFewerBlocks } from "core/endpoint/errors";

/** A range of blocks, both ends included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

export interface ReadPart<T> {
  /** The last block that was read. */
  readonly to: number;
  /** Fraction of the range that has been read. */
  readonly done: number;
  /** Items found so far, oldest first. */
  readonly items: readonly T[];
}

/** Below this number of blocks an error is no longer interpreted as "too many blocks". */
const SMALLEST = 50;

/**
 * Reads a range in chunks of at most `size` blocks, oldest first. A chunk that an endpoint rejects is halved: the
 * limits of public endpoints differ, and are stated in error messages only.
 */
export async function readInChunks<T>(
  { from, to }: BlockRange,
  read: (range: BlockRange) => Promise<readonly T[]>,
  size = 10_000,
  onPart?: (part: ReadPart<T>) => Promise<void> | void,
): Promise<T[]> {
  const items: T[] = [];
  let span = size;
  let start = from;
  while (start <= to) {
    const range = { from: start, to: Math.min(to, start + span - 1) };
    try {
      items.push(...(await read(range)));
      start = range.to + 1;
    } catch (error) {
      if (range.to - range.from < SMALLEST || !mayGiveFewerBlocks(error)) throw error;
      span = Math.max(1, Math.floor((range.to - range.from + 1) / 2));
      continue;
    }
    await onPart?.({ to: range.to, done: (start - from) / (to - from + 1), items });
  }
  return items;
}
