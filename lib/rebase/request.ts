import { formatUnits } from "ethers";

import { OperatorError } from "../core/errors";
import { growthFactor, sharesPerTokenAfter } from "../core/growth";
import { parseFactor, within } from "../core/input/decimal";
import { parseDuration } from "../core/duration";
import { MAX_GROWTH_FACTOR, MAX_SECONDS } from "../core/units";

import type { IndexState } from "../mesh/components/circuitBreaker";

/** A requested rebase. */
export interface RebaseRequest {
  /** In 1e27. */
  readonly growthFactor: bigint;
  /** Seconds from scheduling to taking effect; the controller's delay unless given. */
  readonly delay?: bigint | undefined;
}

/**
 * Parses a rebase as typed on the command line.
 * @param input `percent` "1.5" for +1.5 %, or `factor` "1.015" for the same; `delay` "1h30m", or seconds.
 * @throws when no size or two sizes are given, or one is not a number.
 */
export function requestOf(input: {
  readonly percent?: string;
  readonly factor?: string;
  readonly delay?: string;
}): RebaseRequest {
  const { percent, factor, delay } = input;
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
    delay:
      delay === undefined
        ? undefined
        : within(parseDuration(delay, { plainSeconds: true, option: "--delay" }), delay, {
            most: MAX_SECONDS,
            format: (bound) => `${bound} s`,
            option: "--delay",
          }),
  };
}

/** Returns whether the newest index of a chain is the one that a rebase creates. */
export function isRebasedBy({ current, next }: IndexState, { growthFactor }: RebaseRequest) {
  return growthFactor > 0n && next === sharesPerTokenAfter(current, growthFactor);
}

/**
 * Determines from home's index whether a rebase exists already.
 * @param epoch the epoch that it shall create.
 * @throws when that exists as another rebase, or is too far ahead.
 */
export function alreadyExists(home: IndexState, request: RebaseRequest, epoch: bigint): boolean {
  const following = home.epoch + 1n;
  if (epoch === following) return false;
  if (epoch > following) {
    throw new OperatorError(
      "INVALID_OPTION",
      `Epoch ${epoch} is not the next one: home is at ${home.epoch}, name ${following}.`,
    );
  }
  if (epoch === home.epoch && epoch > 1n && isRebasedBy(home, request)) return true;
  throw new OperatorError(
    "REBASE_REFUSED",
    `Epoch ${epoch} exists already and is not this rebase, or was replaced: home is at ${home.epoch}. Name ${following} to rebase again, or sync satellites with rebase broadcast.`,
  );
}
