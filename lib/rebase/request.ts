import { parseFactor } from "../core/input/decimal";
import { parseDuration } from "../core/input/duration";

import { growthFactor } from "./growth";
import type { RebaseRequest } from "./guards";

/** A rebase as a command line names it. */
export interface RequestWords {
  /** "1.5" for +1.5 %. */
  readonly percent?: string;
  /** "1.015" for the same. */
  readonly factor?: string;
  /** A span of time, "1h30m"; seconds without a unit. */
  readonly delay?: string;
}

/**
 * Reads a rebase that somebody asks for.
 * @throws when none or two sizes are named, or one is no number.
 */
export function requestOf({ percent, factor, delay }: RequestWords): RebaseRequest {
  if ((percent === undefined) === (factor === undefined)) {
    throw new Error('Name the size of the rebase once: --percent "1.5", or --factor 1.015.');
  }
  return {
    growthFactor:
      percent === undefined
        ? parseFactor(factor ?? "", { option: "--factor" })
        : growthFactor(percent, { option: "--percent" }),
    ...(delay !== undefined && {
      delay: parseDuration(delay, { plainSeconds: true, option: "--delay" }),
    }),
  };
}
