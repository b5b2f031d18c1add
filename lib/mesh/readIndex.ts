import { contractAt } from "../core/abis";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { ChainIndex } from "../core/syncStatus";
import { pinLatest } from "../rpc/pinned";

/** Reads the index of every chain of a mesh, home first. */
export function readIndexes(mesh: Mesh): Promise<ChainIndex[]> {
  return Promise.all(chainsOf(mesh).map(readIndex));
}

/** Reads the index of one chain at its latest block. */
export async function readIndex({ name, provider, contracts }: MeshChain): Promise<ChainIndex> {
  const pinned = await pinLatest(name, provider);
  const { blockNumber, timestamp } = pinned;
  const token = contractAt.token(contracts.token, pinned);
  const [state, sharesPerToken, totalShares, totalSupply] = await Promise.all([
    token.indexState(),
    token.sharesPerToken(),
    token.totalShares(),
    token.totalSupply(),
  ]);
  const { epoch_: epoch, current, next, effectiveAt } = state;
  const index = { epoch, sharesPerToken, current, next, effectiveAt };
  return { chain: name, blockNumber, timestamp, ...index, totalShares, totalSupply };
}
