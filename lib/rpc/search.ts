/** A search in the blocks of one chain. */
export interface Search<T> {
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Finds it in a range of blocks, both ends included. */
  readonly read: (fromBlock: number, toBlock: number) => Promise<readonly T[]>;
}

/** Blocks of the first window: a public endpoint allows so many at once. */
const FIRST_WINDOW = 2_000;

/** Factor by which every search window is wider than the one before. */
const WIDENING = 4;

/**
 * Searches several chains at once, from the newest blocks back, in growing windows, and stops at the first
 * window with a result: most searches are for recent events.
 * @returns the results of that window; empty when there is none down to the first block.
 */
export async function searchBack<T>(searches: readonly Search<T>[]): Promise<T[]> {
  let open = searches.filter(({ fromBlock, toBlock }) => fromBlock <= toBlock);
  for (let window = FIRST_WINDOW; open.length > 0; window *= WIDENING) {
    const looks = open.map((search) => ({
      ...search,
      start: Math.max(search.fromBlock, search.toBlock - window + 1),
    }));
    const found = await Promise.all(looks.map(({ read, start, toBlock }) => read(start, toBlock)));
    if (found.some((items) => items.length > 0)) return found.flat();
    open = looks
      .filter(({ fromBlock, start }) => start > fromBlock)
      .map((look) => ({ ...look, toBlock: look.start - 1 }));
  }
  return [];
}

/** Searches one chain from an old block on, in growing windows, and stops at the first window with a result. */
export async function searchForward<T>({ fromBlock, toBlock, read }: Search<T>): Promise<T[]> {
  let from = fromBlock;
  for (let window = FIRST_WINDOW; from <= toBlock; window *= WIDENING) {
    const to = Math.min(from + window - 1, toBlock);
    const found = await read(from, to);
    if (found.length > 0) return [...found];
    from = to + 1;
  }
  return [];
}
