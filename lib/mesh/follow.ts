import { chainsOf } from "./mesh";
import { contractAt } from "./contracts";
import type { Mesh, MeshChain } from "./mesh";

/** What a chain knows of the index, and the supply that follows from it. */
export interface ChainIndex {
  readonly chain: string;
  /** The block that was read. */
  readonly blockNumber: number;
  /** Its time, unix seconds. */
  readonly timestamp: bigint;
  readonly epoch: bigint;
  /** What counts at that block. */
  readonly sharesPerToken: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
  readonly totalShares: bigint;
  /** Token units (wei). */
  readonly totalSupply: bigint;
}

/** Reads the index of every chain of a mesh, home first. */
export function readIndexes(mesh: Mesh): Promise<ChainIndex[]> {
  return Promise.all(chainsOf(mesh).map(readIndex));
}

/** Reads the index of one chain at its latest block. */
export async function readIndex(chain: MeshChain): Promise<ChainIndex> {
  const token = contractAt.token(chain.contracts.token, chain.provider);
  const block = await chain.provider.getBlock("latest");
  if (!block) throw new Error(`${chain.name} has no latest block: is its node in sync?`);
  const at = { blockTag: block.number };
  const [state, sharesPerToken, totalShares, totalSupply] = await Promise.all([
    token.indexState(at),
    token.sharesPerToken(at),
    token.totalShares(at),
    token.totalSupply(at),
  ]);
  return {
    chain: chain.name,
    blockNumber: block.number,
    timestamp: BigInt(block.timestamp),
    epoch: state.epoch_,
    sharesPerToken,
    current: state.current,
    next: state.next,
    effectiveAt: state.effectiveAt,
    totalShares,
    totalSupply,
  };
}

/** The satellites that have not heard of the home's newest epoch. */
export function laggards([home, ...satellites]: readonly ChainIndex[]): ChainIndex[] {
  return satellites.filter(({ epoch }) => epoch < (home?.epoch ?? 0n));
}

/** Whether every satellite holds the home's whole index state. */
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
