import { ZeroAddress } from "ethers";

import { readPoolChanges } from "../ccip/sent";
import { readPoolGeneration } from "./components/pool";
import { contractAt } from "../core/abis";
import type { LogStore } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

import type { Grant } from "./grants";
import type { MeshChain } from "../core/mesh/mesh";
import { readRemotes } from "./remotes";
import type { RemoteState } from "./remotes";
import { isContractError } from "../core/revert/contractError";

/**
 * A pool of a chain's token beside the one that is deployed last: messages that it sent may still be
 * on their way, and it may still mint.
 */
export interface PreviousPool {
  readonly address: string;
  /** Whether it has the token's BRIDGE_ROLE. */
  readonly mayMint: boolean;
  /** Shares that lie on it. */
  readonly shares: bigint;
  /** There while CCIP's registry names it: tokens leave and arrive through it. */
  readonly inUse?: PoolInUse;
}

/** The pool that CCIP's registry names, while it is not the one that is deployed last. */
export interface PoolInUse {
  readonly owner: string;
  /**
   * Whether it came after the pool that is deployed last, rather than the other way round: it took that
   * one's place, or was put in use once that one was there already.
   */
  readonly supersedes: boolean;
  /** By selector; a chain that the pool does not know is missing. */
  readonly remotes: ReadonlyMap<bigint, RemoteState>;
}

/** What is known of a chain already when its former pools are looked for. */
interface Known {
  readonly peers: readonly MeshChain[];
  /** The pool that CCIP's registry names. */
  readonly registered: string;
  /** Who has which role. */
  readonly holders: readonly Grant[];
  readonly store?: LogStore;
}

/** The pools that CCIP's registry has named for a chain's token, and others that may mint it. */
export async function readPreviousPools(
  chain: MeshChain,
  pinned: PinnedChain,
  { peers, registered, holders, store }: Known,
): Promise<PreviousPool[]> {
  const { poolDeployedAt } = chain;
  const { token, pool: declared } = chain.contracts;
  const minters = holders
    .filter(({ contract, role }) => contract === "token" && role === "BRIDGE_ROLE")
    .map(({ account }) => account);
  const changes = await readPoolChanges(chain, pinned.blockNumber, { store });
  const named = changes.flatMap(({ previousPool, newPool }) => [previousPool, newPool]);
  // The declared pool is not in use: if it ever was, or was there already, what is in use came after it.
  const supersedes =
    registered !== declared &&
    (named.includes(declared) || (changes.at(-1)?.blockNumber ?? 0) > (poolDeployedAt ?? Infinity));
  const unnamed = minters.filter((account) => account !== declared && !named.includes(account));
  const thirdParties = await Promise.all(
    unnamed.map(async (account) => ((await isPoolOf(token, account, pinned)) ? [account] : [])),
  );
  const addresses = new Set([...named.sort(), registered, ...thirdParties.flat()]);
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
    // Somebody else's pool, of a kind that is not known here, can be replaced all the same.
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
