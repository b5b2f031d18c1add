import type { Provider } from "ethers";

/**
 * The last block of a chain that is not later than a time, found by halving.
 * @param timestamp unix seconds.
 * @param firstBlock nothing before it is looked at; it is the answer when it is later than the time.
 */
export async function blockAt(
  network: string,
  provider: Provider,
  timestamp: number,
  firstBlock = 0,
): Promise<number> {
  let low = firstBlock;
  let high = await provider.getBlockNumber();
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const block = await provider.getBlock(middle);
    if (!block) throw new Error(`${network} has no block ${middle}: is its endpoint in sync?`);
    if (block.timestamp > timestamp) high = middle - 1;
    else low = middle;
  }
  return low;
}
