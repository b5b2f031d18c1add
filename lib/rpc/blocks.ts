import type { Provider } from "ethers";

import { CodedError } from "../core/errors";
import { LAG_POLICY } from "../core/endpoint/client";

import { retrying } from "./retry";

class NoBlockError extends CodedError {
  override readonly name = "NoBlockError";
  readonly code = "ENDPOINT_INCOMPLETE";
}

/**
 * Finds the first block at or after a time by bisection: some 25 requests on the busiest chain.
 * @param timestamp unix seconds.
 * @param within the blocks to search; the last one is the answer when all are older.
 */
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

/**
 * Reads the time of a block, unix seconds, and waits for an endpoint that lags behind it.
 * @throws when the endpoint does not have it.
 */
export function timeOfBlock(
  provider: Provider,
  blockNumber: number,
  network?: string,
): Promise<bigint> {
  return retrying(
    async () => {
      const block = await provider.getBlock(blockNumber);
      if (block) return BigInt(block.timestamp);
      throw new NoBlockError(
        `The endpoint${network === undefined ? "" : ` of ${network}`} does not have block ${blockNumber}: it is not in sync, or was pruned.`,
      );
    },
    (error) => error instanceof NoBlockError,
    LAG_POLICY,
  );
}

/**
 * Returns the time on a chain, unix seconds. On a live one it is that of its newest block, not the clock of
 * this machine, which may be wrong; on a local one nothing may have happened for long.
 * @param newest time of the newest block, unix seconds.
 */
export function timeNow(live: boolean, newest: bigint): bigint {
  const clock = BigInt(Math.floor(Date.now() / 1_000));
  return !live && clock > newest ? clock : newest;
}
