/** The index state that a chain holds. */
export interface IndexState {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
}

/** Whether the rebase of a state does not count yet at a time. */
export function isPending({ current, next, effectiveAt }: IndexState, now: number): boolean {
  return now < Number(effectiveAt) && current !== next;
}

/** Shares per token unit at a time; 0 while unsynced. */
export function sharesPerToken(state: IndexState, now: number): bigint {
  return now < Number(state.effectiveAt) ? state.current : state.next;
}

/** Token units of shares, rounded down; 0 while unsynced. */
export function toTokens(shares: bigint, index: bigint): bigint {
  return index === 0n ? 0n : shares / index;
}

/** How much a unit at genesis (1e24 shares) is worth now, with 18 decimals. */
export function worthOfGenesisUnit(index: bigint): bigint {
  return index === 0n ? 0n : 10n ** 42n / index;
}
