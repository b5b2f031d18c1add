import { getAddress } from "ethers";

import type { PinnedChain } from "../rpc/pinned";
import { readBuckets, readLanePermissions } from "./components/pool";
import type { LanePermissions, PoolGeneration } from "./components/pool";
import { contractAt } from "../core/abis";
import type { RateLimit } from "../core/mesh/limit";
import type { MeshChain } from "../core/mesh/mesh";

/** What a pool knows of a remote chain. */
export interface RemoteState {
  /** Addresses of the pools it takes messages from. */
  readonly pools: readonly string[];
  readonly token: string;
  readonly outbound: RateLimit;
  readonly inbound: RateLimit;
  /** What only a pool of generation 2 has. */
  readonly permissions?: LanePermissions;
}

/**
 * What a pool knows of its peers, by selector; a chain that it does not know is missing.
 * @param supported selectors of all chains that it knows.
 */
export async function readRemotes(
  { address, generation }: { readonly address: string; readonly generation: PoolGeneration },
  pinned: PinnedChain,
  peers: readonly MeshChain[],
  supported: readonly bigint[],
): Promise<Map<bigint, RemoteState>> {
  const pool = contractAt.pool(address, pinned);
  const known = new Set(supported);
  const remotes = await Promise.all(
    peers
      .filter(({ selector }) => known.has(selector))
      .map(async ({ selector }): Promise<[bigint, RemoteState]> => {
        const [pools, token, { outbound, inbound }, permissions] = await Promise.all([
          pool.getRemotePools(selector),
          pool.getRemoteToken(selector),
          readBuckets(pinned, address, selector, generation),
          generation === 2 ? readLanePermissions(pinned, address, selector) : undefined,
        ]);
        return [
          selector,
          {
            pools: pools.map(decodeAddress),
            token: decodeAddress(token),
            outbound: rateLimitOf(outbound),
            inbound: rateLimitOf(inbound),
            ...(permissions && { permissions }),
          },
        ];
      }),
  );
  return new Map(remotes);
}

/** An EVM address as CCIP stores remote ones: abi-encoded. Anything else is kept as it is, to be shown. */
export function decodeAddress(bytes: string): string {
  if (!/^0x0{24}[0-9a-fA-F]{40}$/.test(bytes)) return bytes;
  return getAddress(`0x${bytes.slice(26)}`);
}

function rateLimitOf(bucket: RateLimit): RateLimit {
  return { isEnabled: bucket.isEnabled, capacity: bucket.capacity, rate: bucket.rate };
}
