import { inboundLimit, isClosed, outboundLimit, raisedForTransit, sameLimit } from "../mesh/limits";
import type { LaneNames, RateLimit } from "../mesh/limits";
import { chainsOf, peersOf } from "../mesh/mesh";
import type { Mesh } from "../mesh/mesh";
import type { MeshConfig } from "../mesh/schema";
import { readLimits } from "../mesh/state";
import type { BucketState } from "../mesh/components/pool";
import type { PoolLimits } from "../mesh/state";
import { eachThatAnswers } from "../mesh/unread";
import type { UnreadChains } from "../mesh/unread";

/** One end of a lane. */
export interface LaneEnd {
  readonly declared: RateLimit;
  /** Undefined while the pool does not know the chain at the other end, or was not read. */
  readonly actual: BucketState | undefined;
  /** Whether it is not what is declared; undefined when the chain of this end was not read. */
  readonly differs: boolean | undefined;
}

/** The limits of a lane: where tokens leave, and where they arrive. */
export interface LaneLimits extends LaneNames {
  /** At the source. */
  readonly outbound: LaneEnd;
  /** At the destination. */
  readonly inbound: LaneEnd;
  /**
   * Whether a message as large as the one end lets leave fits the other; see {@link fullSizeFits};
   * undefined when one of them was not read.
   */
  readonly fits: boolean | undefined;
}

/** The limits of every lane of a mesh, and the block of each chain that they were read at. */
export interface MeshLimits {
  readonly lanes: readonly LaneLimits[];
  readonly blocks: Readonly<Record<string, number>>;
  readonly unread: UnreadChains;
}

/**
 * Reads the limits of every lane as far as its chains answer: of each chain at one block.
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
        return { ...lane, outbound, inbound, fits };
      }),
    ),
    blocks: Object.fromEntries([...pools].map(([name, { blockNumber }]) => [name, blockNumber])),
    unread,
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

function end(
  declared: RateLimit,
  pool: PoolLimits | undefined,
  bucketIn: (pool: PoolLimits) => BucketState | undefined,
): LaneEnd {
  const actual = pool && bucketIn(pool);
  return { declared, actual, differs: pool && !sameLimit(actual, declared) };
}
