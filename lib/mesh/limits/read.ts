import {
  fastLimits,
  inboundLimit,
  isClosed,
  laneBetween,
  laneKey,
  outboundLimit,
  raisedForTransit,
  sameLimit,
  sameSet,
} from "../../core/mesh/limit";
import type { BucketState, LaneNames, RateLimit } from "../../core/mesh/limit";
import { chainsOf, pairsOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { readLimits } from "../components/pool/state";
import type { PoolLimits } from "../components/pool/state";
import { eachThatAnswers } from "../unread";
import type { UnreadChains } from "../unread";

/** A setting at one end of a lane. */
interface Compared<Declared, Actual> {
  readonly declared: Declared;
  /** Undefined while the pool does not have it for the chain at the other end, or was not read. */
  readonly actual: Actual | undefined;
  /** True if it differs from the declared one; undefined when the chain of this end was not read. */
  readonly differs: boolean | undefined;
}

/** The limit at one end of a lane. */
export type ComparedLimit = Compared<RateLimit, BucketState>;

/** The verifiers that one end of a lane requires in addition to the lane's defaults. */
export type ComparedVerifiers = Compared<readonly string[], readonly string[]>;

/** The limits of a lane, at its source and its destination. */
export interface LaneLimits extends LaneNames {
  /** At the source. */
  readonly outbound: ComparedLimit;
  /** At the destination. */
  readonly inbound: ComparedLimit;
  /**
   * True if a message of the outbound capacity fits the inbound bucket, with the headroom and after all rebases that
   * the mesh allows while it is in flight; undefined when an end was not read.
   */
  readonly fits: boolean | undefined;
  /** Limits of transfers with less than full finality, where any exist or are declared. */
  readonly fast?: { readonly outbound: ComparedLimit; readonly inbound: ComparedLimit };
  /** Verifiers in addition to the lane's defaults, where any exist or are declared. */
  readonly verifiers?: {
    readonly source: ComparedVerifiers;
    readonly destination: ComparedVerifiers;
  };
}

/** The limits of every lane of a mesh, and the block at which each chain was read. */
export interface MeshLimits {
  readonly lanes: readonly LaneLimits[];
  readonly blocks: Readonly<Record<string, number>>;
  readonly unread: UnreadChains;
}

/** Reads the limits of every lane whose chains answer, at one block per chain, without those known not to answer. */
export async function readMeshLimits(mesh: Mesh, unreachable?: UnreadChains): Promise<MeshLimits> {
  const chains = chainsOf(mesh);
  const { read: pools, unread } = await eachThatAnswers(chains, unreachable, (chain) =>
    readLimits(mesh, chain),
  );
  return {
    lanes: pairsOf(chains).map(({ source, destination }) =>
      laneLimits(mesh, source, destination, pools),
    ),
    blocks: Object.fromEntries([...pools].map(([name, { blockNumber }]) => [name, blockNumber])),
    unread,
  };
}

function laneLimits(
  { config }: Mesh,
  source: MeshChain,
  destination: MeshChain,
  pools: ReadonlyMap<string, PoolLimits>,
): LaneLimits {
  const lane = laneBetween(source, destination);
  const [from, to] = [pools.get(source.name), pools.get(destination.name)];
  const leaving = from?.remotes.get(destination.selector);
  const arriving = to?.remotes.get(source.selector);
  const limits = fastLimits(config, lane);
  const declared = config.lanes.verifiers?.[laneKey(lane)];
  const [asked, required] = [leaving?.permissions, arriving?.permissions];
  const fast = {
    outbound: comparedLimit(from, limits.outbound, asked?.fast.outbound),
    inbound: comparedLimit(to, limits.inbound, required?.fast.inbound),
  };
  const verifiers = {
    source: comparedVerifiers(from, declared?.source, asked?.verifiers.outbound),
    destination: comparedVerifiers(to, declared?.destination, required?.verifiers.inbound),
  };
  const isFast = Object.values(fast).some((end) => end.declared.isEnabled || end.actual?.isEnabled);
  const isVerified = Object.values(verifiers).some(
    (end) => end.declared.length + (end.actual?.length ?? 0),
  );
  return {
    ...lane,
    outbound: comparedLimit(from, outboundLimit(config, lane), leaving?.outbound),
    inbound: comparedLimit(to, inboundLimit(config, lane), arriving?.inbound),
    fits:
      from &&
      to &&
      (!leaving || !arriving || fullSizeFits(config, leaving.outbound, arriving.inbound)),
    ...(isFast && { fast }),
    ...(isVerified && { verifiers }),
  };
}

function comparedLimit(pool: PoolLimits | undefined, declared: RateLimit, actual?: BucketState) {
  return { declared, actual, differs: pool && !sameLimit(actual, declared) };
}

function comparedVerifiers(
  pool: PoolLimits | undefined,
  declared: readonly string[] = [],
  actual: readonly string[] | undefined,
): ComparedVerifiers {
  return { declared, actual, differs: pool && !sameSet(actual ?? [], declared) };
}

/** Returns whether a message of the outbound capacity fits the inbound bucket: see {@link LaneLimits.fits}. */
function fullSizeFits(config: MeshConfig, outbound: RateLimit, inbound: RateLimit): boolean {
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
