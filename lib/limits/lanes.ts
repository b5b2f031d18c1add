import { inboundLimit, isClosed, outboundLimit, raisedForTransit, sameLimit } from "../mesh/limits";
import type { LaneNames, RateLimit } from "../mesh/limits";
import { chainsOf, peersOf } from "../mesh/mesh";
import type { Mesh } from "../mesh/mesh";
import type { MeshConfig } from "../mesh/schema";
import { readLimits } from "../mesh/state";
import type { BucketState } from "../mesh/state";

/** One end of a lane. */
export interface LaneEnd {
  readonly declared: RateLimit;
  /** Undefined while the pool does not know the chain at the other end. */
  readonly actual: BucketState | undefined;
  /** Whether it is not what is declared. */
  readonly differs: boolean;
}

/** The limits of a lane: where tokens leave, and where they arrive. */
export interface LaneLimits extends LaneNames {
  /** At the source. */
  readonly outbound: LaneEnd;
  /** At the destination. */
  readonly inbound: LaneEnd;
  /** Whether a message as large as the one end lets leave fits the other; see {@link fullSizeFits}. */
  readonly fits: boolean;
}

/** The limits of every lane of a mesh, and the block of each chain that they were read at. */
export interface MeshLimits {
  readonly lanes: readonly LaneLimits[];
  readonly blocks: Readonly<Record<string, number>>;
}

/** Reads the limits of every lane: of each chain at one block. */
export async function readMeshLimits(mesh: Mesh): Promise<MeshLimits> {
  const chains = chainsOf(mesh);
  const read = await Promise.all(chains.map((chain) => readLimits(mesh, chain)));
  const pools = new Map(read.map((pool) => [pool.chain, pool]));
  return {
    lanes: chains.flatMap((source) =>
      peersOf(mesh, source).map((destination) => {
        const lane = { source: source.name, destination: destination.name };
        const remote = (of: string, selector: bigint) => pools.get(of)?.remotes.get(selector);
        const outbound = end(
          outboundLimit(mesh.config, lane),
          remote(source.name, destination.selector)?.outbound,
        );
        const inbound = end(
          inboundLimit(mesh.config, lane),
          remote(destination.name, source.selector)?.inbound,
        );
        const fits =
          !outbound.actual ||
          !inbound.actual ||
          fullSizeFits(mesh.config, outbound.actual, inbound.actual);
        return { ...lane, outbound, inbound, fits };
      }),
    ),
    blocks: Object.fromEntries(read.map(({ chain, blockNumber }) => [chain, blockNumber])),
  };
}

/**
 * Whether a message of the most that may leave at once fits the bucket at the other end: with the
 * headroom, and after all the rebases that a mesh allows it to meet on its way.
 */
export function fullSizeFits(config: MeshConfig, outbound: RateLimit, inbound: RateLimit): boolean {
  if (!inbound.isEnabled || isClosed(outbound)) return true;
  return outbound.isEnabled && inbound.capacity >= raisedForTransit(config, outbound.capacity);
}

/** Seconds until a bucket is full again if nothing passes; 0 when it is, or is disabled. */
export function secondsToFull({ isEnabled, capacity, rate, tokens }: BucketState): bigint {
  if (!isEnabled || tokens >= capacity) return 0n;
  // CCIP allows a rate of zero, with which a bucket that was emptied once stays empty.
  if (rate === 0n) return NEVER;
  return (capacity - tokens + rate - 1n) / rate;
}

/** Longer than any chain will exist. */
export const NEVER = 2n ** 64n;

function end(declared: RateLimit, actual: BucketState | undefined): LaneEnd {
  return { declared, actual, differs: !sameLimit(actual, declared) };
}
