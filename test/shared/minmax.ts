/** Returns the smallest of some numbers. */
export function min(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((a, b) => (a < b ? a : b), first);
}

/** Returns the largest of some numbers. */
export function max(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((a, b) => (a > b ? a : b), first);
}
