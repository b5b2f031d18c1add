import type { Provider } from "ethers";

import { known } from "./retry";

/** Finds the first block at or after a time, unix seconds, by bisection; the last one within when all are older. */
export async function firstBlockAt(
  provider: Provider,
  timestamp: bigint,
  within: { readonly fromBlock: number; readonly toBlock: number },
): Promise<number> {
  let { fromBlock: low, toBlock: high } = within;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await timeOfBlock(provider, middle)) < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Reads the time of a block, unix seconds, and waits for an endpoint that lags; throws when it does not have it. */
export async function timeOfBlock(
  provider: Provider,
  blockNumber: number,
  network?: string,
): Promise<bigint> {
  const whose = network === undefined ? "The endpoint" : `The endpoint of ${network}`;
  const { timestamp } = await known(
    () => provider.getBlock(blockNumber),
    () => `${whose} does not have block ${blockNumber}: it is not in sync, or was pruned.`,
  );
  return BigInt(timestamp);
}

/** Returns the time on a chain, unix seconds: of its newest block, or this machine's on a local one that may rest. */
export function timeNow(live: boolean, newest: bigint): bigint {
  const clock = BigInt(Math.floor(Date.now() / 1_000));
  return !live && clock > newest ? clock : newest;
}
