import { Interface, ZeroAddress, toBeHex } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";
import { readAll, readOne } from "ccip-localnet/protocol";

import { abi } from "../../../core/abis";
import type { BucketState, RateLimit } from "../../../core/mesh/limit";

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

type Caller = Pick<Provider, "call">;

/** The finality of a transfer that requests no other. */
export const FULL_FINALITY = "0x00000000";

/** ERC-165 id of CCIP's IPoolV2. */
export const POOL_V2_INTERFACE = "0x940a1542";

/** The functions of a generation 1 pool that generation 2 lacks. */
const generation1 = new Interface([
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

const bucketSchema = z.object({
  isEnabled: z.boolean(),
  capacity: z.bigint(),
  rate: z.bigint(),
  tokens: z.bigint(),
});

const bucketsSchema = z.object({
  outboundRateLimiterState: bucketSchema,
  inboundRateLimiterState: bucketSchema,
});

const dynamicConfigSchema = z.object({
  router: z.string(),
  rateLimitAdmin: z.string(),
  feeAdmin: z.string(),
});

/**
 * Reads the generation of a pool as CCIP's ramps do: by ERC-165, whether it has the interface of CCIP 2.0.
 * @throws an error for which `isContractError` holds when it is not a pool.
 */
export async function readPoolGeneration(reader: Caller, pool: string): Promise<PoolGeneration> {
  const contract = { address: pool, interface: abi.pool };
  const args = [POOL_V2_INTERFACE];
  return (await readOne(reader, contract, "supportsInterface", args, z.boolean())) ? 2 : 1;
}

/** Reads the settings of a pool that apply to all its lanes. */
export async function readPoolConfig(reader: Caller, pool: string): Promise<PoolConfig> {
  const generation = await readPoolGeneration(reader, pool);
  if (generation === 2) {
    const contract = { address: pool, interface: abi.pool };
    const [config, allowedFinality] = await Promise.all([
      readAll(reader, contract, "getDynamicConfig", [], dynamicConfigSchema),
      readOne(reader, contract, "getAllowedFinalityConfig", [], z.string()),
    ]);
    return { generation, ...config, allowedFinality };
  }
  const contract = { address: pool, interface: generation1 };
  const [router, rateLimitAdmin] = await Promise.all([
    readOne(reader, contract, "getRouter", [], z.string()),
    readOne(reader, contract, "getRateLimitAdmin", [], z.string()),
  ]);
  return {
    generation,
    router,
    rateLimitAdmin,
    feeAdmin: ZeroAddress,
    allowedFinality: FULL_FINALITY,
  };
}

/**
 * Reads the buckets of a pool for one remote chain.
 * @param generation the pool's generation, if it is known.
 */
export async function readBuckets(
  reader: Caller,
  pool: string,
  selector: bigint,
  generation?: PoolGeneration,
): Promise<PoolBuckets> {
  if ((generation ?? (await readPoolGeneration(reader, pool))) === 2) {
    return readBucketsOf(reader, pool, selector, false);
  }
  const contract = { address: pool, interface: generation1 };
  const [outbound, inbound] = await Promise.all(
    (["Outbound", "Inbound"] as const).map((end) =>
      readOne(reader, contract, `getCurrent${end}RateLimiterState`, [selector], bucketSchema),
    ),
  );
  if (!outbound || !inbound) throw new Error(`The pool ${pool} has no buckets for ${selector}.`);
  return { outbound, inbound };
}

async function readBucketsOf(
  reader: Caller,
  pool: string,
  selector: bigint,
  fast: boolean,
): Promise<PoolBuckets> {
  const { outboundRateLimiterState, inboundRateLimiterState } = await readAll(
    reader,
    { address: pool, interface: abi.pool },
    "getCurrentRateLimiterState",
    [selector, fast],
    bucketsSchema,
  );
  return { outbound: outboundRateLimiterState, inbound: inboundRateLimiterState };
}

/** Reads the settings for one remote chain that only a generation 2 pool has. */
export async function readLanePermissions(
  reader: Caller,
  pool: string,
  selector: bigint,
): Promise<LanePermissions> {
  const contract = { address: pool, interface: abi.pool };
  const verifiers = (direction: number) =>
    readOne(reader, contract, "getVerifiers", [selector, direction], z.array(z.string()));
  const [fast, outbound, inbound] = await Promise.all([
    readBucketsOf(reader, pool, selector, true),
    verifiers(OUTBOUND),
    verifiers(INBOUND),
  ]);
  return { fast, verifiers: { outbound, inbound } };
}

/** CCIP's message directions, relative to a pool. */
export const OUTBOUND = 0;
export const INBOUND = 1;

/** Encodes a finality below full as CCIP does: the `safe` tag, or a number of blocks. */
export function encodeFinality(finality: "safe" | number | undefined): string {
  if (finality === undefined) return FULL_FINALITY;
  return finality === "safe" ? "0x00010000" : toBeHex(finality, 4);
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
  return generation === 2
    ? abi.pool.encodeFunctionData("setRateLimitConfig", [
        [
          {
            remoteChainSelector: selector,
            fastFinality: fast,
            outboundRateLimiterConfig: outbound,
            inboundRateLimiterConfig: inbound,
          },
        ],
      ])
    : generation1.encodeFunctionData("setChainRateLimiterConfig", [selector, outbound, inbound]);
}

/** A call that changes the settings of a pool. */
interface ConfigCall {
  readonly name: "config" | "router" | "rate limit admin";
  readonly sets: readonly ("router" | "rateLimitAdmin" | "feeAdmin")[];
  readonly data: string;
}

/** Encodes the calls that set a pool's settings: one call in generation 2, one per setting in generation 1. */
export function encodeConfig(config: Omit<PoolConfig, "allowedFinality">): readonly ConfigCall[] {
  const { generation, router, rateLimitAdmin, feeAdmin } = config;
  if (generation === 2) {
    const args: [string, string, string] = [router, rateLimitAdmin, feeAdmin];
    return [
      {
        name: "config",
        sets: ["router", "rateLimitAdmin", "feeAdmin"],
        data: abi.pool.encodeFunctionData("setDynamicConfig", args),
      },
    ];
  }
  return [
    {
      name: "router",
      sets: ["router"],
      data: generation1.encodeFunctionData("setRouter", [router]),
    },
    {
      name: "rate limit admin",
      sets: ["rateLimitAdmin"],
      data: generation1.encodeFunctionData("setRateLimitAdmin", [rateLimitAdmin]),
    },
  ];
}
