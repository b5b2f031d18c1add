/** A range of blocks, both ends included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** Below this many blocks a refusal is no longer taken for "too many blocks". */
const SMALLEST = 50;

/**
 * Reads a range in pieces of at most `size` blocks, oldest first. When an endpoint refuses a piece, it
 * is halved: what public endpoints allow differs, and they say it in words only.
 */
export async function readInChunks<T>(
  { from, to }: BlockRange,
  read: (range: BlockRange) => Promise<readonly T[]>,
  size = 10_000,
  onProgress?: (done: number) => void,
): Promise<T[]> {
  const items: T[] = [];
  let span = size;
  let start = from;
  while (start <= to) {
    const range = { from: start, to: Math.min(to, start + span - 1) };
    try {
      items.push(...(await read(range)));
      start = range.to + 1;
      onProgress?.((start - from) / (to - from + 1));
    } catch (error) {
      if (range.to - range.from < SMALLEST) throw error;
      span = Math.max(1, Math.floor((range.to - range.from + 1) / 2));
    }
  }
  return items;
}
