import { sharesPerTokenAfter } from "../core/growth";

import type { RebaseRequest } from "./guards";
import type { IndexState } from "./status";

/** The epoch that a rebase is to create. */
export interface RequestedEpoch {
  readonly epoch: bigint;
  /** Whether it exists already, as the rebase that is asked for: an earlier run has made it. */
  readonly exists: boolean;
}

/**
 * Finds out by the token's own state whether a rebase is still to be scheduled.
 * @param home the newest epoch at home.
 * @param epoch the one that the rebase shall be; the next one unless named.
 * @throws when the named epoch exists and is not this rebase, or lies too far ahead.
 */
export function requestedEpoch(
  { epoch: newest, current, next }: IndexState,
  { growthFactor }: RebaseRequest,
  epoch = newest + 1n,
): RequestedEpoch {
  if (epoch === newest + 1n) return { epoch, exists: false };
  if (epoch > newest) {
    throw new Error(
      `Epoch ${epoch} is not the next one: home is at ${newest}, name ${newest + 1n}.`,
    );
  }
  const isSame =
    epoch === newest && growthFactor > 0n && next === sharesPerTokenAfter(current, growthFactor);
  if (epoch > 1n && isSame) return { epoch, exists: true };
  throw new Error(
    `Epoch ${epoch} exists already and is not this rebase, or was replaced: home is at ${newest}. Name ${newest + 1n} to rebase again, or sync satellites with rebase broadcast.`,
  );
}
