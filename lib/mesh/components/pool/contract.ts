import { Interface } from "ethers";
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

/** Reads the generation of a pool by ERC-165, as CCIP's ramps do; throws a contract error unless it is one. */
export async function readPoolGeneration(reader: Reader, pool: string): Promise<PoolGeneration> {
  return (await contractAt.pool(pool, reader).supportsInterface(POOL_V2_INTERFACE)) ? 2 : 1;
}

/** Reads the buckets of a pool for one remote chain. */
export async function readBuckets(
  reader: Reader,
  pool: string,
  selector: bigint,
): Promise<PoolBuckets> {
  return bucketsOf(reader, pool, await readPoolGeneration(reader, pool), selector);
}

async function bucketsOf(
  reader: Reader,
  address: string,
  generation: PoolGeneration,
  selector: bigint,
  fast = false,
): Promise<PoolBuckets> {
  if (generation === 2) {
    const state = await contractAt.pool(address, reader).getCurrentRateLimiterState(selector, fast);
    const { outboundRateLimiterState, inboundRateLimiterState } = state;
    return { outbound: plain(outboundRateLimiterState), inbound: plain(inboundRateLimiterState) };
  }
  const contract = { address, interface: generation1 };
  const [outbound, inbound] = await Promise.all([
    readOne(reader, contract, "getCurrentOutboundRateLimiterState", [selector], bucket),
    readOne(reader, contract, "getCurrentInboundRateLimiterState", [selector], bucket),
  ]);
  return { outbound, inbound };
}

function plain({ isEnabled, capacity, rate, tokens }: BucketState): BucketState {
  return { isEnabled, capacity, rate, tokens };
}

/** Reads the limits and permissions of a pool for one remote chain. */
export async function readLaneSettings(
  reader: Reader,
  address: string,
  generation: PoolGeneration,
  selector: bigint,
): Promise<LaneSettings> {
  const buckets = bucketsOf(reader, address, generation, selector);
  if (generation === 1) return buckets;
  const pool = contractAt.pool(address, reader);
  const [limits, fast, outbound, inbound] = await Promise.all([
    buckets,
    bucketsOf(reader, address, generation, selector, true),
    pool.getVerifiers(selector, OUTBOUND),
    pool.getVerifiers(selector, INBOUND),
  ]);
  const verifiers = { outbound: [...outbound], inbound: [...inbound] };
  return { ...limits, permissions: { fast, verifiers } };
}

/** Encodes the call that sets the buckets for one remote chain, or those of fast transfers; both are full afterwards. */
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
