/** The index of a chain, and the supply that follows from it. */
export interface ChainIndex {
  readonly chain: string;
  /** The block that was read. */
  readonly blockNumber: number;
  /** Its time, unix seconds. */
  readonly timestamp: bigint;
  readonly epoch: bigint;
  /** The index in effect at that block. */
  readonly sharesPerToken: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
  readonly totalShares: bigint;
  /** Token units (wei). */
  readonly totalSupply: bigint;
}

/** Returns the satellites whose epoch is older than the home's. */
export function staleSatellites([home, ...satellites]: readonly ChainIndex[]): ChainIndex[] {
  return satellites.filter(({ epoch }) => epoch < (home?.epoch ?? 0n));
}

/** Returns whether every satellite holds the home's whole index state. */
export function isConverged([home, ...satellites]: readonly ChainIndex[]): boolean {
  if (!home) return false;
  return satellites.every(
    (chain) =>
      chain.epoch === home.epoch &&
      chain.current === home.current &&
      chain.next === home.next &&
      chain.effectiveAt === home.effectiveAt,
  );
}
