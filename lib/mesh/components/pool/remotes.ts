import { getAddress } from "ethers";

import { contractAt } from "../../../core/abis";
import type { RateLimit } from "../../../core/mesh/limit";
import type { MeshChain } from "../../../core/mesh/mesh";
import type { PinnedChain } from "../../../rpc/pinned";
import { readBuckets, readLanePermissions } from "./contract";
import type { LanePermissions, PoolGeneration } from "./contract";

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

/**
 * Reads a pool's settings for its peers, by selector, without chains that the pool does not support.
 * @param supported selectors of all chains that it supports.
 */
export async function readRemotes(
  { address, generation }: { readonly address: string; readonly generation: PoolGeneration },
  pinned: PinnedChain,
  peers: readonly MeshChain[],
  supported: readonly bigint[],
): Promise<Map<bigint, RemoteState>> {
  const pool = contractAt.pool(address, pinned);
  const limit = ({ isEnabled, capacity, rate }: RateLimit) => ({ isEnabled, capacity, rate });
  const remotes = await Promise.all(
    peers
      .filter(({ selector }) => supported.includes(selector))
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
            outbound: limit(outbound),
            inbound: limit(inbound),
            ...(permissions && { permissions }),
          },
        ];
      }),
  );
  return new Map(remotes);
}

/** Decodes an ABI-encoded EVM address, as CCIP stores remote ones; any other value is returned unchanged. */
export function decodeAddress(bytes: string): string {
  if (!/^0x0{24}[0-9a-fA-F]{40}$/.test(bytes)) return bytes;
  return getAddress(`0x${bytes.slice(26)}`);
}
