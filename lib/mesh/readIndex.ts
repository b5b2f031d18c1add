import { OperatorError } from "../core/errors";
import { contractAt } from "../core/abis";
import type { ChainIndex } from "../core/syncStatus";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

/** Reads the index of every chain of a mesh, home first. */
export function readIndexes(mesh: Mesh): Promise<ChainIndex[]> {
  return Promise.all(chainsOf(mesh).map(readIndex));
}

/** Reads the index of one chain at its latest block. */
export async function readIndex(chain: MeshChain): Promise<ChainIndex> {
  const token = contractAt.token(chain.contracts.token, chain.provider);
  const block = await chain.provider.getBlock("latest");
  if (!block)
    throw new OperatorError(
      "ENDPOINT_INCOMPLETE",
      `${chain.name} has no latest block: is its node in sync?`,
    );
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
