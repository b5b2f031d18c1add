import { toTokens } from "./indexState";

/** Shares of the rebase token in each wrapped unit, on every chain for ever. */
export const SHARES_PER_WRAPPED = 10n ** 24n;

/** Returns the token units that wrapped units are worth at an index, rounded down; 0 while unsynced. */
export function worthOf(wrapped: bigint, sharesPerToken: bigint): bigint {
  return toTokens(wrapped * SHARES_PER_WRAPPED, sharesPerToken);
}
