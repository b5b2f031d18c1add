import { ZeroAddress, getAddress } from "ethers";

import { abi, contractAt } from "../../../core/abis";
import type { RateLimit } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { unlessReverted } from "../../../core/revert/contractError";
import type { LogReading } from "../../../rpc/logCache";
import { readProvenLogs } from "../../../rpc/newestBlocks";
import type { PinnedChain } from "../../../rpc/pinned";
import { readLaneSettings, readPoolConfig, readPoolGeneration } from "./contract";
import type { LanePermissions, LaneSettings, PoolConfig, PoolGeneration } from "./contract";

/** The newest pool of a chain. */
export interface PoolState extends PoolConfig {
  readonly owner: string;
  /** Accounts that can accept the ownership. */
  readonly offers: readonly string[];
  /** Selectors of supported chains that are not in the mesh. */
  readonly thirdParties: readonly bigint[];
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, RemoteState>;
}

/** A pool's settings for one remote chain. */
export interface RemoteState {
  /** Addresses of the remote pools whose messages it accepts. */
  readonly pools: readonly string[];
  readonly token: string;
  readonly outbound: RateLimit;
  readonly inbound: RateLimit;
  /** Only for a generation 2 pool. */
  readonly permissions?: LanePermissions;
}

/** The limits of a pool. */
export interface PoolLimits {
  readonly blockNumber: number;
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, LaneSettings>;
}

/** Reads the newest pool of a chain. */
export async function readPool(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<PoolState> {
  const address = chain.contracts.pool;
  const pool = contractAt.pool(address, pinned);
  const [owner, config, supported, offers] = await Promise.all([
    pool.owner(),
    readPoolConfig(pinned, address),
    pool.getSupportedChains(),
    readOffers(chain, pinned, reading),
  ]);
  const peers = peersOf(mesh, chain);
  const members = new Set(peers.map(({ selector }) => selector));
  return {
    owner,
    offers,
    ...config,
    thirdParties: [...supported].filter((selector) => !members.has(selector)),
    remotes: await readRemotes(address, config.generation, pinned, peers, supported),
  };
}

/** Reads the limits of a chain's pool only: fast even on slow endpoints. */
export async function readPoolLimits(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<PoolLimits> {
  const address = chain.contracts.pool;
  const [generation, supported] = await Promise.all([
    readPoolGeneration(pinned, address),
    contractAt.pool(address, pinned).getSupportedChains(),
  ]);
  const remotes = await bySelector(peersOf(mesh, chain), supported, (selector) =>
    readLaneSettings(pinned, address, generation, selector),
  );
  return { blockNumber: pinned.blockNumber, remotes };
}

/**
 * Reads a pool's settings for its peers, without the levels of the buckets.
 * @param supported selectors of all chains that it supports.
 */
export function readRemotes(
  address: string,
  generation: PoolGeneration,
  pinned: PinnedChain,
  peers: readonly MeshChain[],
  supported: readonly bigint[],
): Promise<ReadonlyMap<bigint, RemoteState>> {
  const pool = contractAt.pool(address, pinned);
  const limit = ({ isEnabled, capacity, rate }: RateLimit) => ({ isEnabled, capacity, rate });
  return bySelector(peers, supported, async (selector) => {
    const [pools, token, { outbound, inbound, permissions }] = await Promise.all([
      pool.getRemotePools(selector),
      pool.getRemoteToken(selector),
      readLaneSettings(pinned, address, generation, selector),
    ]);
    return {
      pools: pools.map(decodeAddress),
      token: decodeAddress(token),
      outbound: limit(outbound),
      inbound: limit(inbound),
      ...(permissions && { permissions }),
    };
  });
}

async function bySelector<T>(
  peers: readonly MeshChain[],
  supported: readonly bigint[],
  read: (selector: bigint) => Promise<T>,
): Promise<ReadonlyMap<bigint, T>> {
  const selectors = peers.map(({ selector }) => selector).filter((one) => supported.includes(one));
  return new Map(await Promise.all(selectors.map(async (one) => [one, await read(one)] as const)));
}

/**
 * Reads the accounts that can accept the ownership of a chain's pool. Chainlink's Ownable2Step keeps the pending
 * owner private, so the acceptance is simulated for the timelock and for the account to which it was offered last.
 */
async function readOffers(
  { name, chainId, contracts, deployedAt = 0 }: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<string[]> {
  const range = {
    address: contracts.pool,
    topics: [abi.pool.getEvent("OwnershipTransferRequested").topicHash],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-offers-${contracts.pool}`;
  const logs = await readProvenLogs(name, pinned, range, { ...reading, key });
  const last = decodeAddress(logs.at(-1)?.topics[2] ?? ZeroAddress);
  const pool = contractAt.pool(contracts.pool, pinned);
  const accounts = new Set([contracts.timelock, last].filter((one) => one !== ZeroAddress));
  const accepting = [...accounts].map((from) => {
    const accepted = pool.acceptOwnership.staticCall({ from }).then(() => [from]);
    return unlessReverted(accepted, []);
  });
  return (await Promise.all(accepting)).flat();
}

/** Decodes an ABI-encoded EVM address, as CCIP stores remote ones; any other value is returned unchanged. */
function decodeAddress(bytes: string): string {
  if (!/^0x0{24}[0-9a-fA-F]{40}$/.test(bytes)) return bytes;
  return getAddress(`0x${bytes.slice(26)}`);
}
