/** The index state of a chain. */
export interface IndexState {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
}

/** Returns whether the rebase of a state is still pending at a time. */
export function isPending({ current, next, effectiveAt }: IndexState, now: number): boolean {
  return now < Number(effectiveAt) && current !== next;
}

/** Returns the shares per token unit at a time; 0 while unsynced. */
export function sharesPerToken(state: IndexState, now: number): bigint {
  return now < Number(state.effectiveAt) ? state.current : state.next;
}

/** Returns the token units of shares, rounded down; 0 while unsynced. */
export function toTokens(shares: bigint, index: bigint): bigint {
  return index === 0n ? 0n : shares / index;
}
