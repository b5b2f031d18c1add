import { ZeroAddress } from "ethers";

import { abi, contractAt } from "../../../core/abis";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { isContractError } from "../../../core/revert/contractError";
import type { RebaseTokenPool } from "../../../../typechain-types";
import type { LogReading } from "../../../rpc/logCache";
import { readProvenLogs } from "../../../rpc/newestBlocks";
import type { PinnedChain } from "../../../rpc/pinned";
import { readBuckets, readLanePermissions, readPoolConfig } from "./contract";
import type { LanePermissions, PoolBuckets, PoolConfig, PoolGeneration } from "./contract";
import { decodeAddress, readRemotes } from "./remotes";
import type { RemoteState } from "./remotes";

/** The newest pool of a chain. */
export interface PoolState extends PoolConfig {
  readonly owner: string;
  /** True if the timelock can accept the ownership. */
  readonly offeredToTimelock: boolean;
  /** A third party that can accept the ownership. */
  readonly offeredToThirdParty?: string;
  /** Selectors of supported chains that are not in the mesh. */
  readonly thirdParties: readonly bigint[];
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, RemoteState>;
}

/** The limits of a pool, and the accounts that may change them. */
export interface PoolLimits {
  readonly chain: string;
  readonly blockNumber: number;
  readonly generation: PoolGeneration;
  readonly owner: string;
  readonly rateLimitAdmin: string;
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, PoolBuckets & { readonly permissions?: LanePermissions }>;
}

/** Reads the newest pool of a chain. */
export async function readPool(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<PoolState> {
  const { timelock, pool: address } = chain.contracts;
  const pool = contractAt.pool(address, pinned);
  const [owner, config, supported, offeredToTimelock, offeredTo] = await Promise.all([
    pool.owner(),
    readPoolConfig(pinned, address),
    pool.getSupportedChains(),
    mayAcceptOwnership(pool, timelock),
    lastOffer(chain, pinned, reading),
  ]);
  const isOfferedToThirdParty =
    offeredTo !== ZeroAddress &&
    offeredTo !== timelock &&
    (await mayAcceptOwnership(pool, offeredTo));
  const peers = peersOf(mesh, chain);
  const { generation } = config;
  const members = new Set(peers.map(({ selector }) => selector));
  return {
    owner,
    offeredToTimelock,
    ...(isOfferedToThirdParty && { offeredToThirdParty: offeredTo }),
    ...config,
    thirdParties: [...supported].filter((selector) => !members.has(selector)),
    remotes: await readRemotes({ address, generation }, pinned, peers, supported),
  };
}

/** Reads the limits of a chain's pool only: fast even on slow endpoints. */
export async function readPoolLimits(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<PoolLimits> {
  const { pool: address } = chain.contracts;
  const pool = contractAt.pool(address, pinned);
  const [owner, { generation, rateLimitAdmin }, supported] = await Promise.all([
    pool.owner(),
    readPoolConfig(pinned, address),
    pool.getSupportedChains(),
  ]);
  const remotes = await Promise.all(
    peersOf(mesh, chain)
      .filter(({ selector }) => supported.includes(selector))
      .map(async ({ selector }) => {
        const [buckets, permissions] = await Promise.all([
          readBuckets(pinned, address, selector, generation),
          generation === 2 ? readLanePermissions(pinned, address, selector) : undefined,
        ]);
        return [selector, { ...buckets, ...(permissions && { permissions }) }] as const;
      }),
  );
  return {
    chain: chain.name,
    blockNumber: pinned.blockNumber,
    generation,
    owner,
    rateLimitAdmin,
    remotes: new Map(remotes),
  };
}

/** Simulates the acceptance, because Chainlink's Ownable2Step keeps the pending owner private. */
async function mayAcceptOwnership(pool: RebaseTokenPool, account: string): Promise<boolean> {
  try {
    await pool.acceptOwnership.staticCall({ from: account });
    return true;
  } catch (error) {
    if (isContractError(error)) return false;
    throw error;
  }
}

/** Reads the last account to which the ownership of a chain's pool was offered; zero when it was withdrawn. */
async function lastOffer(
  { name, chainId, contracts, deployedAt = 0 }: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<string> {
  const range = {
    address: contracts.pool,
    topics: [abi.pool.getEvent("OwnershipTransferRequested").topicHash],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-offers-${contracts.pool}`;
  const logs = await readProvenLogs(name, pinned, range, { ...reading, key });
  return decodeAddress(logs.at(-1)?.topics[2] ?? ZeroAddress);
}
