import { OperatorError } from "../core/errors";
import { sharesPerTokenAfter } from "../core/growth";

import type { RebaseRequest } from "./guards";
import type { IndexState } from "./status";

/** The epoch that a rebase creates. */
export interface RequestedEpoch {
  readonly epoch: bigint;
  /** True if it exists already, as the requested rebase of an earlier run. */
  readonly exists: boolean;
}

/**
 * Determines from the token's state whether a rebase still has to be scheduled.
 * @param home the newest epoch at home.
 * @param epoch the requested epoch; the next one unless given.
 * @throws when the given epoch exists as another rebase, or is too far ahead.
 */
export function requestedEpoch(
  { epoch: newest, current, next }: IndexState,
  { growthFactor }: RebaseRequest,
  epoch = newest + 1n,
): RequestedEpoch {
  if (epoch === newest + 1n) return { epoch, exists: false };
  if (epoch > newest) {
    throw new OperatorError(
      "INVALID_OPTION",
      `Epoch ${epoch} is not the next one: home is at ${newest}, name ${newest + 1n}.`,
    );
  }
  const isSame =
    epoch === newest && growthFactor > 0n && next === sharesPerTokenAfter(current, growthFactor);
  if (epoch > 1n && isSame) return { epoch, exists: true };
  throw new OperatorError(
    "REBASE_REFUSED",
    `Epoch ${epoch} exists already and is not this rebase, or was replaced: home is at ${newest}. Name ${newest + 1n} to rebase again, or sync satellites with rebase broadcast.`,
  );
}
