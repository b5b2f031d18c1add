/** Minimum age of a settled block, seconds: nodes behind one url lag by seconds or minutes. */
const LAG_SECONDS = 600n;

/** Minimum age of a settled block without a `finalized` tag, seconds: longer than any reorganisation of a listed chain. */
const REORGANISATION_SECONDS = 3_600n;

/** Number of blocks of the first step back when an old block is searched. */
const FIRST_STEP = 64;

/** A block and its time, unix seconds. */
export interface TimedBlock {
  readonly number: number;
  readonly timestamp: bigint;
}

/**
 * Finds a block, not after another one, that is not reorganised and that every node behind an endpoint has: one that
 * it calls final, or else an old one, by its time; -1 when no block is so old.
 */
export async function settledBlock(
  upTo: TimedBlock,
  final: TimedBlock | undefined,
  timeOf: (block: number) => Promise<bigint>,
): Promise<number> {
  const newest = final && final.number < upTo.number ? final : upTo;
  const oldEnough = upTo.timestamp - (final ? LAG_SECONDS : REORGANISATION_SECONDS);
  if (newest.timestamp <= oldEnough) return newest.number;
  for (let depth = FIRST_STEP; depth <= newest.number; depth *= 4) {
    const block = newest.number - depth;
    if ((await timeOf(block)) <= oldEnough) return block;
  }
  return -1;
}
