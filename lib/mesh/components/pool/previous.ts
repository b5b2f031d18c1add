import { ZeroAddress } from "ethers";

import { readPoolChanges } from "../../../ccip/sent";
import { contractAt } from "../../../core/abis";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { unlessReverted } from "../../../core/revert/contractError";
import type { LogReading } from "../../../rpc/logCache";
import type { PinnedChain } from "../../../rpc/pinned";
import type { Grant } from "../grants";
import { readPoolLanes } from "./state";
import type { Containments, RemoteState } from "./state";

/** A pool of a chain's token other than the newest one: its messages may be in flight, and it may still mint. */
export interface PreviousPool {
  readonly address: string;
  /** True if it has the token's BRIDGE_ROLE. */
  readonly mayMint: boolean;
  /** Shares that the pool holds. */
  readonly shares: bigint;
  /** Present while CCIP's registry names it, so that tokens leave and arrive through it. */
  readonly inUse?: PoolInUse;
}

/** The pool that CCIP's registry names, while it is not the newest one. */
export interface PoolInUse {
  readonly owner: string;
  /** True if it was registered after the newest deployed pool, rather than before. */
  readonly supersedes: boolean;
  /** By selector, without chains that the pool does not support. */
  readonly remotes: ReadonlyMap<bigint, RemoteState>;
  /** The counts of its lanes; undefined for a pool that counts nothing. */
  readonly containments?: Containments | undefined;
}

/**
 * Reads the pools that CCIP's registry has named for a chain's token, and other pools that may mint it.
 * @param registered the pool that the registry names now.
 */
export async function readPreviousPools(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  registered: string,
  held: readonly Grant[],
  reading: LogReading,
): Promise<PreviousPool[]> {
  const { pool: declared } = chain.contracts;
  const token = contractAt.token(chain.contracts.token, pinned);
  const minters = held
    .filter(({ contract, role }) => contract === "token" && role === "BRIDGE_ROLE")
    .map(({ account }) => account);
  const changes = await readPoolChanges(chain, pinned.blockNumber, reading);
  const named = changes.flatMap(({ previousPool, newPool }) => [previousPool, newPool]);
  // The declared pool was registered before, or was deployed before the registry's last change.
  const supersedes =
    registered !== declared &&
    (named.includes(declared) ||
      (changes.at(-1)?.blockNumber ?? 0) > (chain.poolDeployedAt ?? Infinity));
  const pools = minters.map(async (minter) => {
    const pooled = await unlessReverted(contractAt.pool(minter, pinned).getToken(), ZeroAddress);
    return pooled === chain.contracts.token ? [minter] : [];
  });
  const addresses = new Set([...named.sort(), registered, ...(await Promise.all(pools)).flat()]);
  const previous = [...addresses].filter((pool) => pool !== declared && pool !== ZeroAddress);
  return Promise.all(
    previous.map(async (address): Promise<PreviousPool> => {
      // A pool of an unknown type can still be replaced.
      const unknown = {
        owner: ZeroAddress,
        remotes: new Map<bigint, RemoteState>(),
        containments: undefined,
      };
      const [shares, inUse] = await Promise.all([
        token.sharesOf(address),
        address === registered &&
          unlessReverted(
            readPoolLanes(address, peersOf(mesh, chain), pinned, chain.role === "home"),
            unknown,
          ),
      ]);
      const mayMint = minters.includes(address);
      if (!inUse) return { address, mayMint, shares };
      const { owner, remotes, containments } = inUse;
      return { address, mayMint, shares, inUse: { owner, remotes, containments, supersedes } };
    }),
  );
}
