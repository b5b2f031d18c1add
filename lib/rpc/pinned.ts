import { setTimeout as sleep } from "node:timers/promises";

import type { ContractRunner, Provider } from "ethers";

import { isMissingBlock } from "./faults";
import { LAG_PATIENCE, retrying } from "./retry";

/** A chain at one of its blocks: everything read through it is of the same moment. */
export interface PinnedChain extends ContractRunner {
  readonly provider: Provider;
  readonly blockNumber: number;
  /** Time of the block, unix seconds. */
  readonly timestamp: bigint;
  call: Provider["call"];
}

/**
 * Pins a chain to its latest block. Behind one url there may be several nodes, some behind the others:
 * what was read or mined once must not seem undone, so no block before `notBefore` is taken.
 * @throws when the endpoint stays behind that block.
 */
export async function pinLatest(
  name: string,
  provider: Provider,
  notBefore = 0,
): Promise<PinnedChain> {
  const { attempts, pauseMs, maxPauseMs } = LAG_PATIENCE;
  for (let attempt = 1; ; attempt++) {
    const block = await provider.getBlock("latest");
    if (!block) throw new Error(`${name} has no latest block: is its node in sync?`);
    if (block.number >= notBefore) return pin(provider, block.number, BigInt(block.timestamp));
    if (attempt >= attempts) {
      throw new Error(
        `The RPC endpoint of ${name} is at block ${block.number}, but block ${notBefore} is known already: it lags. Try again later, or use another url.`,
      );
    }
    await sleep(Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs));
  }
}

/**
 * Pins a chain to a block that is known.
 * @throws when the endpoint does not have it.
 */
export async function pinAt(
  name: string,
  provider: Provider,
  blockNumber: number,
): Promise<PinnedChain> {
  const block = await provider.getBlock(blockNumber);
  if (!block) throw new Error(`The RPC endpoint of ${name} does not have block ${blockNumber}.`);
  return pin(provider, block.number, BigInt(block.timestamp));
}

function pin(provider: Provider, blockNumber: number, timestamp: bigint): PinnedChain {
  return {
    provider,
    blockNumber,
    timestamp,
    call: (transaction) =>
      retrying(
        () => provider.call({ ...transaction, blockTag: blockNumber }),
        isMissingBlock,
        LAG_PATIENCE,
      ),
  };
}
