import { ZeroAddress, getAddress } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../../core/abis";
import type { RateLimit } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { unlessReverted } from "../../../core/revert/contractError";
import type { LogReading } from "../../../rpc/logCache";
import { readProvenLogs } from "../../../rpc/newestBlocks";
import { pinLatest } from "../../../rpc/pinned";
import type { PinnedChain } from "../../../rpc/pinned";
import { FULL_FINALITY, generation1, readLaneSettings, readPoolGeneration } from "./contract";
import type { LanePermissions, LaneSettings, PoolGeneration } from "./contract";

/** The newest pool of a chain. */
export interface PoolState {
  readonly generation: PoolGeneration;
  readonly router: string;
  readonly rateLimitAdmin: string;
  /** The account besides the owner that may withdraw pool fees; a generation 1 pool has none. */
  readonly feeAdmin: string;
  /** The faster-than-finality mode allowed on lanes with a limit for it, 4 bytes; zero allows none. */
  readonly allowedFinality: string;
  readonly owner: string;
  /** Accounts that can accept the ownership. */
  readonly offers: readonly string[];
  /** Selectors of supported chains that are not in the mesh. */
  readonly thirdParties: readonly bigint[];
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, RemoteState>;
  /** The counts of its lanes; undefined for a pool that counts nothing. */
  readonly containments?: Containments | undefined;
}

/** The shares that left over each lane and have not come back, by selector, where the lane is contained. */
export type Containments = ReadonlyMap<
  bigint,
  { readonly isContained: boolean; readonly outstanding: bigint }
>;

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
  const { pool } = chain.contracts;
  const peers = peersOf(mesh, chain);
  const [{ supported, ...lanes }, config, offers] = await Promise.all([
    readPoolLanes(pool, peers, pinned, chain.role === "home"),
    readConfig(pool, pinned),
    readOffers(chain, pinned, reading),
  ]);
  const members = new Set(peers.map(({ selector }) => selector));
  const thirdParties = supported.filter((selector) => !members.has(selector));
  return { ...lanes, ...config, offers, thirdParties };
}

/** Reads the owner of a pool, the selectors that it supports, and its settings for its peers without bucket levels. */
export async function readPoolLanes(
  address: string,
  peers: readonly MeshChain[],
  pinned: PinnedChain,
  isHome: boolean,
) {
  const pool = contractAt.pool(address, pinned);
  const [owner, supported, generation, containments] = await Promise.all([
    pool.owner(),
    pool.getSupportedChains(),
    readPoolGeneration(pinned, address),
    isHome ? readContainments(pinned, address, peers) : undefined,
  ]);
  const limit = ({ isEnabled, capacity, rate }: RateLimit) => ({ isEnabled, capacity, rate });
  const remotes = await bySelector(peers, supported, async (selector): Promise<RemoteState> => {
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
  return { owner, supported: [...supported], remotes, containments };
}

/** Reads the counts of a pool's lanes; undefined for a pool that counts nothing. */
export function readContainments(
  pinned: PinnedChain,
  address: string,
  peers: readonly Pick<MeshChain, "selector">[],
): Promise<Containments | undefined> {
  const pool = contractAt.containedPool(address, pinned);
  const counts = peers.map(async ({ selector }) => {
    const { isContained, outstanding } = await pool.getContainment(selector);
    return [selector, { isContained, outstanding }] as const;
  });
  return unlessReverted(
    Promise.all(counts).then((all) => new Map(all)),
    undefined,
  );
}

/** Reads the settings of a pool that apply to all its lanes. */
async function readConfig(address: string, pinned: PinnedChain) {
  const generation = await readPoolGeneration(pinned, address);
  if (generation === 2) {
    const pool = contractAt.pool(address, pinned);
    const [{ router, rateLimitAdmin, feeAdmin }, allowedFinality] = await Promise.all([
      pool.getDynamicConfig(),
      pool.getAllowedFinalityConfig(),
    ]);
    return { generation, router, rateLimitAdmin, feeAdmin, allowedFinality };
  }
  const contract = { address, interface: generation1 };
  const [router, rateLimitAdmin] = await Promise.all([
    readOne(pinned, contract, "getRouter", [], z.string()),
    readOne(pinned, contract, "getRateLimitAdmin", [], z.string()),
  ]);
  const none = { feeAdmin: ZeroAddress, allowedFinality: FULL_FINALITY };
  return { generation, router, rateLimitAdmin, ...none };
}

/** Reads the limits of one chain's pool only: fast even on slow endpoints. */
export async function readLimits(mesh: Mesh, chain: MeshChain): Promise<PoolLimits> {
  const address = chain.contracts.pool;
  const pinned = await pinLatest(chain.name, chain.provider);
  const [generation, supported] = await Promise.all([
    readPoolGeneration(pinned, address),
    contractAt.pool(address, pinned).getSupportedChains(),
  ]);
  const remotes = await bySelector(peersOf(mesh, chain), supported, (selector) =>
    readLaneSettings(pinned, address, generation, selector),
  );
  return { blockNumber: pinned.blockNumber, remotes };
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
async function readOffers(chain: MeshChain, pinned: PinnedChain, reading: LogReading) {
  const { name, chainId, contracts, deployedAt = 0 } = chain;
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
