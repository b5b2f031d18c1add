import { createHash } from "node:crypto";

/** The largest number of local chains: enough for any mesh, few enough for a laptop. */
export const MAX_LOCAL_CHAINS = 16;

const FIRST_CHAIN_ID = 1_337_133_700;

/** One chain of the local network, known before it runs. */
export interface LocalChain {
  /** Position; 0 is the home chain. */
  readonly index: number;
  /** Hardhat network name: `local-home`, `local-sat1`, `local-sat2`, … */
  readonly name: string;
  readonly role: "home" | "satellite";
  readonly chainId: number;
  /** CCIP chain selector. */
  readonly selector: bigint;
}

/**
 * The local chain at `index`. Its chain id and CCIP selector belong to no live chain, so that a
 * signature or a message made here means nothing anywhere else.
 */
export function localChain(index: number): LocalChain {
  if (!Number.isInteger(index) || index < 0 || index >= MAX_LOCAL_CHAINS) {
    throw new RangeError(
      `There is no local chain ${index}: use a whole number from 0 to ${MAX_LOCAL_CHAINS - 1}.`,
    );
  }
  return {
    index,
    name: index === 0 ? "local-home" : `local-sat${index}`,
    role: index === 0 ? "home" : "satellite",
    chainId: FIRST_CHAIN_ID + index,
    selector: selectorOf(index),
  };
}

/** The first `count` local chains: a home and `count - 1` satellites. */
export function localChains(count = 3): LocalChain[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_LOCAL_CHAINS) {
    throw new RangeError(
      `Cannot run ${count} local chains: use a whole number from 1 to ${MAX_LOCAL_CHAINS}.`,
    );
  }
  return Array.from({ length: count }, (_, index) => localChain(index));
}

/** Eight bytes of a hash; Node's own, since Hardhat's configuration should not have to load ethers. */
function selectorOf(index: number): bigint {
  const hash = createHash("sha256").update(`ccip-rebase-token local chain ${index}`).digest();
  return hash.readBigUInt64BE();
}
