import { ZeroAddress } from "ethers";

import { readPoolChanges } from "../../../ccip/sent";
import { contractAt } from "../../../core/abis";
import type { MeshChain } from "../../../core/mesh/mesh";
import { isContractError } from "../../../core/revert/contractError";
import type { LogReading } from "../../../rpc/logCache";
import type { PinnedChain } from "../../../rpc/pinned";
import type { Grant } from "../grants";
import { readPoolGeneration } from "./contract";
import { readRemotes } from "./remotes";
import type { RemoteState } from "./remotes";

/**
 * A pool of a chain's token other than the newest one: its messages may still be in flight, and it may still mint.
 */
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
}

/** The state of a chain that the search for previous pools requires. */
interface Known {
  readonly peers: readonly MeshChain[];
  /** The pool that CCIP's registry names. */
  readonly registered: string;
  /** Every role that an account has. */
  readonly held: readonly Grant[];
  readonly reading: LogReading;
}

/** Reads the pools that CCIP's registry has named for a chain's token, and other pools that may mint it. */
export async function readPreviousPools(
  chain: MeshChain,
  pinned: PinnedChain,
  { peers, registered, held, reading }: Known,
): Promise<PreviousPool[]> {
  const { token, pool: declared } = chain.contracts;
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
  const unnamed = minters.filter((account) => account !== declared && !named.includes(account));
  const pools = await Promise.all(
    unnamed.map(async (account) => ((await isPoolOf(token, account, pinned)) ? [account] : [])),
  );
  const addresses = new Set([...named.sort(), registered, ...pools.flat()]);
  const previous = [...addresses].filter((pool) => pool !== declared && pool !== ZeroAddress);
  return Promise.all(
    previous.map(async (address): Promise<PreviousPool> => {
      const [shares, inUse] = await Promise.all([
        contractAt.token(token, pinned).sharesOf(address),
        address === registered ? readPoolInUse(address, peers, pinned) : undefined,
      ]);
      const mayMint = minters.includes(address);
      return { address, mayMint, shares, ...(inUse && { inUse: { ...inUse, supersedes } }) };
    }),
  );
}

async function readPoolInUse(
  address: string,
  peers: readonly MeshChain[],
  pinned: PinnedChain,
): Promise<Omit<PoolInUse, "supersedes">> {
  const pool = contractAt.pool(address, pinned);
  try {
    const [owner, supported, generation] = await Promise.all([
      pool.owner(),
      pool.getSupportedChains(),
      readPoolGeneration(pinned, address),
    ]);
    return { owner, remotes: await readRemotes({ address, generation }, pinned, peers, supported) };
  } catch (error) {
    // A pool of an unknown type can still be replaced.
    if (isContractError(error)) return { owner: ZeroAddress, remotes: new Map() };
    throw error;
  }
}

async function isPoolOf(token: string, account: string, pinned: PinnedChain): Promise<boolean> {
  try {
    return (await contractAt.pool(account, pinned).getToken()) === token;
  } catch (error) {
    if (isContractError(error)) return false;
    throw error;
  }
}
