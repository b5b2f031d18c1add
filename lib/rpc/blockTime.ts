import type { Provider } from "ethers";

/**
 * The first block at or after a time: what happened on one chain bounds a search on another.
 * @param timestamp unix seconds.
 * @param latest the newest block; returned when even it is older.
 */
export async function firstBlockSince(
  provider: Provider,
  timestamp: bigint,
  latest: number,
): Promise<number> {
  let [low, high] = [0, latest];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await timeOfBlock(provider, middle)) < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * When a block was made, unix seconds.
 * @throws when the endpoint does not know the block.
 */
export async function timeOfBlock(provider: Provider, blockNumber: number): Promise<bigint> {
  const block = await provider.getBlock(blockNumber);
  if (!block) throw new Error(`The endpoint does not know block ${blockNumber}: does it lag?`);
  return BigInt(block.timestamp);
}
