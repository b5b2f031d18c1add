/** The index at home's genesis: 1e24 shares per token unit. */
export const GENESIS_INDEX = 10n ** 24n;
/** The lowest index: balances have grown by 1e6 since genesis. */
export const MIN_INDEX = 10n ** 18n;
/** The highest index: balances have shrunk to about 1 / 79,000 since genesis. */
export const MAX_INDEX = 2n ** 96n - 1n;
/** The most shares that can exist. */
export const MAX_SHARES = 2n ** 208n - 1n;
/** The latest time the token can store. */
export const MAX_EFFECTIVE_AT = 2n ** 56n - 1n;

/** The index after balances grew by 5 %, rounded up as the controller rounds. */
export const GROWN_INDEX = ceilDiv(GENESIS_INDEX * 100n, 105n);
/** The index after balances shrank by 3 %. */
export const SHRUNK_INDEX = ceilDiv(GENESIS_INDEX * 100n, 97n);
/** An index without small factors, so that nothing divides evenly by chance. */
export const ODD_INDEX = 987_654_321_987_654_321_987_653n;

export interface NamedIndex {
  readonly title: string;
  readonly sharesPerToken: bigint;
}

/** The indexes at which whatever holds at one must hold. */
export const INDEXES: readonly NamedIndex[] = [
  { title: "the neutral index 1e24", sharesPerToken: GENESIS_INDEX },
  { title: "an index grown by 5 %", sharesPerToken: GROWN_INDEX },
  { title: "an index shrunk by 3 %", sharesPerToken: SHRUNK_INDEX },
  { title: "an odd index", sharesPerToken: ODD_INDEX },
  { title: "the lowest index 1e18", sharesPerToken: MIN_INDEX },
  { title: "the highest index 2^96 - 1", sharesPerToken: MAX_INDEX },
];

export interface NamedDust {
  readonly title: string;
  /** The shares beyond whole units that every holder has at the index `sharesPerToken`. */
  readonly of: (sharesPerToken: bigint) => bigint;
}

/** Sums the holders' shares beyond whole units. */
export const DUSTS: readonly NamedDust[] = [
  { title: "no dust", of: () => 0n },
  { title: "dust one share short of a unit each", of: (sharesPerToken) => sharesPerToken - 1n },
];

/** `a / b`, rounded up. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
