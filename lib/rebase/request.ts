import { formatUnits } from "ethers";

import { OperatorError } from "../core/errors";
import { within } from "../core/input/bounds";
import { parseFactor } from "../core/input/decimal";
import { parseDuration } from "../core/input/duration";

import { MAX_GROWTH_FACTOR, MAX_SECONDS } from "../core/units";

import { growthFactor } from "../core/growth";
import type { RebaseRequest } from "./guards";

/** A rebase as typed on the command line. */
export interface RebaseInput {
  /** "1.5" for +1.5 %. */
  readonly percent?: string;
  /** "1.015" for the same. */
  readonly factor?: string;
  /** A duration, "1h30m"; seconds without a unit. */
  readonly delay?: string;
}

/**
 * Parses a requested rebase.
 * @throws when no size or two sizes are given, or one is not a number.
 */
export function requestOf({ percent, factor, delay }: RebaseInput): RebaseRequest {
  if ((percent === undefined) === (factor === undefined)) {
    throw new OperatorError(
      "INVALID_OPTION",
      'Name the size of the rebase once: --percent "1.5", or --factor 1.015.',
    );
  }
  return {
    growthFactor:
      percent === undefined
        ? within(parseFactor(factor ?? "", { option: "--factor" }), factor ?? "", {
            most: MAX_GROWTH_FACTOR,
            format: (bound) => formatUnits(bound, 27),
            option: "--factor",
          })
        : growthFactor(percent, { option: "--percent" }),
    ...(delay !== undefined && {
      delay: within(parseDuration(delay, { plainSeconds: true, option: "--delay" }), delay, {
        most: MAX_SECONDS,
        format: (bound) => `${bound} s`,
        option: "--delay",
      }),
    }),
  };
}
