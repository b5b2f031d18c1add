import { Interface, ZeroAddress } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../../core/abis";
import type { BucketState, RateLimit } from "../../../core/mesh/limit";
import type { PinnedChain } from "../../../rpc/pinned";

/** The generation of CCIP's TokenPool that a pool extends: 1 is TokenPool 1.x, 2 is TokenPool 2.x. */
export type PoolGeneration = 1 | 2;

/** The buckets of a pool for one remote chain. */
export interface PoolBuckets {
  readonly outbound: BucketState;
  readonly inbound: BucketState;
}

/** The settings of a pool that apply to all its lanes. */
export interface PoolConfig {
  readonly generation: PoolGeneration;
  readonly router: string;
  readonly rateLimitAdmin: string;
  /** The account besides the owner that may withdraw pool fees; a generation 1 pool has none. */
  readonly feeAdmin: string;
  /** The faster-than-finality mode allowed on lanes with a limit for it, 4 bytes; zero allows none. */
  readonly allowedFinality: string;
}

/** The settings for one remote chain that only a generation 2 pool has. */
export interface LanePermissions {
  /** Limits of transfers with less than full finality; a disabled one rejects them. */
  readonly fast: PoolBuckets;
  /** Verifiers that transfers require in addition to the lane's defaults. */
  readonly verifiers: { readonly outbound: readonly string[]; readonly inbound: readonly string[] };
}

/** A pool's limits and permissions for one remote chain; permissions only of a generation 2 pool. */
export type LaneSettings = PoolBuckets & { readonly permissions?: LanePermissions };

type Reader = Pick<PinnedChain, "call" | "provider">;

/** The finality of a transfer that requests no other. */
export const FULL_FINALITY = "0x00000000";

/** ERC-165 id of CCIP's IPoolV2. */
export const POOL_V2_INTERFACE = "0x940a1542";

/** CCIP's message directions, relative to a pool. */
export const OUTBOUND = 0;
export const INBOUND = 1;

/** The functions of a generation 1 pool that generation 2 lacks. */
export const generation1 = new Interface([
  "function getRouter() view returns (address)",
  "function getRateLimitAdmin() view returns (address)",
  "function setRouter(address router)",
  "function setRateLimitAdmin(address rateLimitAdmin)",
  ...["Outbound", "Inbound"].map(
    (end) =>
      `function getCurrent${end}RateLimiterState(uint64 remoteChainSelector) view returns (tuple(uint128 tokens, uint32 lastUpdated, bool isEnabled, uint128 capacity, uint128 rate) bucket)`,
  ),
  "function setChainRateLimiterConfig(uint64 remoteChainSelector, tuple(bool isEnabled, uint128 capacity, uint128 rate) outbound, tuple(bool isEnabled, uint128 capacity, uint128 rate) inbound)",
]);

const bucket = z.object({
  isEnabled: z.boolean(),
  capacity: z.bigint(),
  rate: z.bigint(),
  tokens: z.bigint(),
});

/**
 * Reads the generation of a pool as CCIP's ramps do: by ERC-165, whether it has the interface of CCIP 2.0.
 * @throws an error for which `isContractError` holds when it is not a pool.
 */
export async function readPoolGeneration(reader: Reader, pool: string): Promise<PoolGeneration> {
  return (await contractAt.pool(pool, reader).supportsInterface(POOL_V2_INTERFACE)) ? 2 : 1;
}

/** Reads the settings of a pool that apply to all its lanes. */
export async function readPoolConfig(reader: Reader, address: string): Promise<PoolConfig> {
  const generation = await readPoolGeneration(reader, address);
  if (generation === 2) {
    const pool = contractAt.pool(address, reader);
    const [{ router, rateLimitAdmin, feeAdmin }, allowedFinality] = await Promise.all([
      pool.getDynamicConfig(),
      pool.getAllowedFinalityConfig(),
    ]);
    return { generation, router, rateLimitAdmin, feeAdmin, allowedFinality };
  }
  const contract = { address, interface: generation1 };
  const [router, rateLimitAdmin] = await Promise.all([
    readOne(reader, contract, "getRouter", [], z.string()),
    readOne(reader, contract, "getRateLimitAdmin", [], z.string()),
  ]);
  const none = { feeAdmin: ZeroAddress, allowedFinality: FULL_FINALITY };
  return { generation, router, rateLimitAdmin, ...none };
}

/**
 * Reads the buckets of a pool for one remote chain.
 * @param generation the pool's generation, if it is known.
 */
export async function readBuckets(
  reader: Reader,
  pool: string,
  selector: bigint,
  generation?: PoolGeneration,
): Promise<PoolBuckets> {
  if ((generation ?? (await readPoolGeneration(reader, pool))) === 2) {
    return readBucketsOf(reader, pool, selector, false);
  }
  const contract = { address: pool, interface: generation1 };
  const [outbound, inbound] = await Promise.all([
    readOne(reader, contract, "getCurrentOutboundRateLimiterState", [selector], bucket),
    readOne(reader, contract, "getCurrentInboundRateLimiterState", [selector], bucket),
  ]);
  return { outbound, inbound };
}

async function readBucketsOf(
  reader: Reader,
  pool: string,
  selector: bigint,
  fast: boolean,
): Promise<PoolBuckets> {
  const state = await contractAt.pool(pool, reader).getCurrentRateLimiterState(selector, fast);
  const plain = ({ isEnabled, capacity, rate, tokens }: BucketState) => {
    return { isEnabled, capacity, rate, tokens };
  };
  const { outboundRateLimiterState, inboundRateLimiterState } = state;
  return { outbound: plain(outboundRateLimiterState), inbound: plain(inboundRateLimiterState) };
}

/** Reads the limits and permissions of a pool for one remote chain. */
export async function readLaneSettings(
  reader: Reader,
  address: string,
  generation: PoolGeneration,
  selector: bigint,
): Promise<LaneSettings> {
  if (generation === 1) return readBuckets(reader, address, selector, generation);
  const pool = contractAt.pool(address, reader);
  const [buckets, fast, outbound, inbound] = await Promise.all([
    readBucketsOf(reader, address, selector, false),
    readBucketsOf(reader, address, selector, true),
    pool.getVerifiers(selector, OUTBOUND),
    pool.getVerifiers(selector, INBOUND),
  ]);
  const verifiers = { outbound: [...outbound], inbound: [...inbound] };
  return { ...buckets, permissions: { fast, verifiers } };
}

/**
 * Encodes the call that sets the buckets of a pool for one remote chain; both are full afterwards.
 * @param fast whether to set those of transfers with less than full finality.
 */
export function encodeLimits(
  generation: PoolGeneration,
  selector: bigint,
  outbound: RateLimit,
  inbound: RateLimit,
  fast = false,
): string {
  if (generation === 1) {
    const args = [selector, outbound, inbound];
    return generation1.encodeFunctionData("setChainRateLimiterConfig", args);
  }
  const limits = {
    remoteChainSelector: selector,
    fastFinality: fast,
    outboundRateLimiterConfig: outbound,
    inboundRateLimiterConfig: inbound,
  };
  return abi.pool.encodeFunctionData("setRateLimitConfig", [[limits]]);
}
