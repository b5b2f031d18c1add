/** Nodes behind one url lag by seconds or minutes: a younger block is not settled, even if final. */
const LAG_SECONDS = 600n;

/** Without a `finalized` tag: longer than any reorganisation on a chain of the directory. */
const REORGANISATION_SECONDS = 3_600n;

/** Blocks of the first step back in search of an old one. */
const FIRST_STEP = 64;

/** A block and its time, unix seconds. */
export interface TimedBlock {
  readonly number: number;
  readonly timestamp: bigint;
}

/**
 * Finds a block, not after another one, that is not reorganised and that every node behind an endpoint has: one that is
 * final, or where the endpoint does not know the tag an old one. Never decided by a count of blocks, for a thousand of
 * them are hours on one chain and minutes on another.
 * @param final the block that the endpoint calls finalized, if it calls any so.
 * @returns -1 when no block is so old.
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
