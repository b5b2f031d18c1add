import type { ContractRunner, Provider } from "ethers";

import type { Mesh, MeshChain } from "../core/mesh/mesh";

import { timeOfBlock } from "./blocks";
import { atKnownBlock, known } from "./retry";

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
  let latest: number | undefined;
  const block = await known(
    async () => {
      const found = await provider.getBlock("latest");
      latest = found?.number;
      return found && found.number >= notBefore ? found : null;
    },
    () =>
      latest === undefined
        ? `${name} has no latest block: is its node in sync?`
        : `The RPC endpoint of ${name} is at block ${latest}, but block ${notBefore} is known already: it lags. Try again later, or use another url.`,
  );
  return pin(provider, block.number, BigInt(block.timestamp));
}

/** Returns minimum block numbers by network name, with one of a chain raised to a block that was read. */
export function atLeast(
  notBefore: ReadonlyMap<string, number> = new Map(),
  chain: string,
  blockNumber: number,
): ReadonlyMap<string, number> {
  return new Map([...notBefore, [chain, Math.max(notBefore.get(chain) ?? 0, blockNumber)]]);
}

/** Pins a chain to a block that is known; throws when the endpoint does not have it. */
export async function pinAt(
  name: string,
  provider: Provider,
  blockNumber: number,
): Promise<PinnedChain> {
  return pin(provider, blockNumber, await timeOfBlock(provider, blockNumber, name));
}

/**
 * Pins the state that a transaction would find now. A live chain has a block every few seconds, and its latest one is
 * read; a local one may have had none for an hour, so calls run in the pending block.
 */
export async function pinBlock(
  { config }: Pick<Mesh, "config">,
  { name, provider }: MeshChain,
): Promise<PinnedChain> {
  const pinned = await pinLatest(name, provider);
  if (config.live) return pinned;
  const call: PinnedChain["call"] = (request) => provider.call({ ...request, blockTag: "pending" });
  return { ...pinned, timestamp: BigInt(await call({ data: RETURN_TIMESTAMP })), call };
}

/** TIMESTAMP PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN: a call sees the time of its block. */
const RETURN_TIMESTAMP = "0x4260005260206000f3";

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
