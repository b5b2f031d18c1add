import { growthFactor, parseFactor } from "./growth";
import type { RebaseRequest } from "./guards";

/** A rebase as a command line names it. */
export interface RequestWords {
  /** "1.5" for +1.5 %. */
  readonly percent?: string;
  /** "1.015" for the same. */
  readonly factor?: string;
  /** Seconds. */
  readonly delay?: number;
}

/**
 * The rebase behind the words.
 * @throws when none or two sizes are named, or one is no number.
 */
export function requestOf({ percent, factor, delay }: RequestWords): RebaseRequest {
  if ((percent === undefined) === (factor === undefined)) {
    throw new Error('Name the size of the rebase once: --percent "1.5", or --factor 1.015.');
  }
  if (delay !== undefined && delay < 0) {
    throw new RangeError(
      `A rebase cannot count ${-delay} s before it is scheduled: name 0 or more.`,
    );
  }
  return {
    growthFactor: percent === undefined ? parseFactor(factor ?? "") : growthFactor(percent),
    ...(delay !== undefined && { delay: BigInt(delay) }),
  };
}
