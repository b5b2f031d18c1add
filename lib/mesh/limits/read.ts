import {
  fastLimits,
  inboundLimit,
  isClosed,
  laneKey,
  outboundLimit,
  raisedForTransit,
  sameLimit,
  sameSet,
} from "../../core/mesh/limit";
import type { BucketState, LaneNames, RateLimit } from "../../core/mesh/limit";
import { chainsOf, peersOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { readLimits } from "../state";
import type { LanePermissions } from "../components/pool/contract";
import type { PoolLimits } from "../components/pool/state";
import { eachThatAnswers } from "../unread";
import type { UnreadChains } from "../unread";

/** One end of a lane. */
export interface LaneEnd {
  readonly declared: RateLimit;
  /** Undefined while the pool does not support the chain at the other end, or was not read. */
  readonly actual: BucketState | undefined;
  /** True if it differs from the declared limit; undefined when the chain of this end was not read. */
  readonly differs: boolean | undefined;
}

/** The verifiers that one end of a lane requires in addition to the lane's defaults. */
export interface VerifiersEnd {
  readonly declared: readonly string[];
  /** Undefined while the pool has no verifiers for the chain at the other end, or was not read. */
  readonly actual: readonly string[] | undefined;
  /** True if they differ from the declared ones; undefined when the chain of this end was not read. */
  readonly differs: boolean | undefined;
}

/** The limits of a lane, at its source and its destination. */
export interface LaneLimits extends LaneNames {
  /** At the source. */
  readonly outbound: LaneEnd;
  /** At the destination. */
  readonly inbound: LaneEnd;
  /**
   * True if a message of the outbound capacity fits the inbound limit; see {@link fullSizeFits}; undefined when an
   * end was not read.
   */
  readonly fits: boolean | undefined;
  /** Limits of transfers with less than full finality, where any exist or are declared. */
  readonly fast?: { readonly outbound: LaneEnd; readonly inbound: LaneEnd };
  /** Verifiers in addition to the lane's defaults, where any exist or are declared. */
  readonly verifiers?: { readonly source: VerifiersEnd; readonly destination: VerifiersEnd };
}

/** The limits of every lane of a mesh, and the block at which each chain was read. */
export interface MeshLimits {
  readonly lanes: readonly LaneLimits[];
  readonly blocks: Readonly<Record<string, number>>;
  readonly unread: UnreadChains;
}

/**
 * Reads the limits of every lane whose chains answer, at one block per chain.
 * @param unreachable chains that are known not to answer.
 */
export async function readMeshLimits(mesh: Mesh, unreachable?: UnreadChains): Promise<MeshLimits> {
  const chains = chainsOf(mesh);
  const { read: pools, unread } = await eachThatAnswers(chains, unreachable, (chain) =>
    readLimits(mesh, chain),
  );
  return {
    lanes: chains.flatMap((source) =>
      peersOf(mesh, source).map((destination) => {
        const lane = { source: source.name, destination: destination.name };
        const [leaving, arriving] = [pools.get(source.name), pools.get(destination.name)];
        const outbound = end(
          outboundLimit(mesh.config, lane),
          leaving,
          ({ remotes }) => remotes.get(destination.selector)?.outbound,
        );
        const inbound = end(
          inboundLimit(mesh.config, lane),
          arriving,
          ({ remotes }) => remotes.get(source.selector)?.inbound,
        );
        const fits =
          leaving && arriving
            ? !outbound.actual ||
              !inbound.actual ||
              fullSizeFits(mesh.config, outbound.actual, inbound.actual)
            : undefined;
        const [there, here] = [destination.selector, source.selector];
        return {
          ...lane,
          outbound,
          inbound,
          fits,
          ...fastEnds(
            mesh.config,
            lane,
            permissionsIn(leaving, there),
            permissionsIn(arriving, here),
          ),
          ...verifierEnds(
            mesh.config,
            lane,
            permissionsIn(leaving, there),
            permissionsIn(arriving, here),
          ),
        };
      }),
    ),
    blocks: Object.fromEntries([...pools].map(([name, { blockNumber }]) => [name, blockNumber])),
    unread,
  };
}

/**
 * Returns whether a message of the outbound capacity fits the inbound bucket, with the headroom and after all rebases that
 * the mesh allows while it is in flight.
 */
export function fullSizeFits(config: MeshConfig, outbound: RateLimit, inbound: RateLimit): boolean {
  if (!inbound.isEnabled || isClosed(outbound)) return true;
  return outbound.isEnabled && inbound.capacity >= raisedForTransit(config, outbound.capacity);
}

/** Returns the seconds until a bucket is full if no transfer uses it; 0 when it is full or disabled. */
export function secondsToFull({ isEnabled, capacity, rate, tokens }: BucketState): bigint {
  if (!isEnabled || tokens >= capacity) return 0n;
  // CCIP allows a rate of zero, with which an emptied bucket stays empty.
  if (rate === 0n) return NEVER;
  return (capacity - tokens + rate - 1n) / rate;
}

/** Seconds until an event that never happens. */
export const NEVER = 2n ** 64n;

function end(
  declared: RateLimit,
  pool: PoolLimits | undefined,
  bucketIn: (pool: PoolLimits) => BucketState | undefined,
): LaneEnd {
  const actual = pool && bucketIn(pool);
  return { declared, actual, differs: pool && !sameLimit(actual, declared) };
}

/** Settings that only a generation 2 pool has for a remote chain: `null` for none, undefined while not read. */
type KnownPermissions = LanePermissions | null | undefined;

function permissionsIn(pool: PoolLimits | undefined, remote: bigint): KnownPermissions {
  return pool && (pool.remotes.get(remote)?.permissions ?? null);
}

function fastEnds(
  config: MeshConfig,
  lane: LaneNames,
  source: KnownPermissions,
  destination: KnownPermissions,
): Pick<LaneLimits, "fast"> {
  const declared = fastLimits(config, lane);
  const actual = { outbound: source?.fast.outbound, inbound: destination?.fast.inbound };
  const isSet = [...Object.values(declared), ...Object.values(actual)].some(
    (limit) => limit?.isEnabled,
  );
  if (!isSet) return {};
  const fastEnd = (permissions: KnownPermissions, end: "outbound" | "inbound"): LaneEnd => ({
    declared: declared[end],
    actual: actual[end],
    differs: permissions === undefined ? undefined : !sameLimit(actual[end], declared[end]),
  });
  return {
    fast: { outbound: fastEnd(source, "outbound"), inbound: fastEnd(destination, "inbound") },
  };
}

function verifierEnds(
  config: MeshConfig,
  lane: LaneNames,
  source: KnownPermissions,
  destination: KnownPermissions,
): Pick<LaneLimits, "verifiers"> {
  const declared = config.lanes.verifiers?.[laneKey(lane)];
  const verifiersEnd = (
    permissions: KnownPermissions,
    wanted: readonly string[] = [],
    actual: readonly string[] | undefined,
  ): VerifiersEnd => ({
    declared: wanted,
    actual,
    differs: permissions === undefined ? undefined : !sameSet(actual ?? [], wanted),
  });
  const ends = {
    source: verifiersEnd(source, declared?.source, source?.verifiers.outbound),
    destination: verifiersEnd(destination, declared?.destination, destination?.verifiers.inbound),
  };
  const isSet = Object.values(ends).some((one) => one.declared.length + (one.actual?.length ?? 0));
  return isSet ? { verifiers: ends } : {};
}
