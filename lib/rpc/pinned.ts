import type { ContractRunner, Provider } from "ethers";

import { OperatorError } from "../core/errors";
import { LAG_POLICY } from "../core/endpoint/client";

import { timeOfBlock } from "./blocks";
import { atKnownBlock, retrying } from "./retry";

class LaggingEndpointError extends OperatorError {}

/** A chain at one of its blocks: everything read through it is of the same block. */
export interface PinnedChain extends ContractRunner {
  readonly provider: Provider;
  readonly blockNumber: number;
  /** Time of the block, unix seconds. */
  readonly timestamp: bigint;
  call: Provider["call"];
  /** Reads the native balance of an account, wei. */
  getBalance(account: string): Promise<bigint>;
  /** Reads the number of mined transactions of an account. */
  getTransactionCount(account: string): Promise<number>;
  getStorage(account: string, slot: string): Promise<string>;
  getCode(account: string): Promise<string>;
}

/**
 * Pins a chain to its latest block. Behind one url there may be several nodes, some behind the others:
 * what was read or mined once must not disappear, so no block before `notBefore` is accepted.
 * @throws when the endpoint does not reach that block.
 */
export async function pinLatest(
  name: string,
  provider: Provider,
  notBefore = 0,
): Promise<PinnedChain> {
  const read = async () => {
    const block = await provider.getBlock("latest");
    if (!block) {
      throw new OperatorError(
        "ENDPOINT_INCOMPLETE",
        `${name} has no latest block: is its node in sync?`,
      );
    }
    if (block.number >= notBefore) return pin(provider, block.number, BigInt(block.timestamp));
    throw new LaggingEndpointError(
      "ENDPOINT_INCOMPLETE",
      `The RPC endpoint of ${name} is at block ${block.number}, but block ${notBefore} is known already: it lags. Try again later, or use another url.`,
    );
  };
  return retrying(read, (error) => error instanceof LaggingEndpointError, LAG_POLICY);
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
  return pin(provider, blockNumber, await timeOfBlock(provider, blockNumber, name));
}

function pin(provider: Provider, blockNumber: number, timestamp: bigint): PinnedChain {
  return {
    provider,
    blockNumber,
    timestamp,
    call: (transaction) =>
      atKnownBlock(() => provider.call({ ...transaction, blockTag: blockNumber })),
    getBalance: (account) => atKnownBlock(() => provider.getBalance(account, blockNumber)),
    getTransactionCount: (account) =>
      atKnownBlock(() => provider.getTransactionCount(account, blockNumber)),
    getStorage: (account, slot) =>
      atKnownBlock(() => provider.getStorage(account, slot, blockNumber)),
    getCode: (account) => atKnownBlock(() => provider.getCode(account, blockNumber)),
  };
}
