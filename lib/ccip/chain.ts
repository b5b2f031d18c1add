import type { Provider, Signer } from "ethers";

/** An ethers provider that also takes raw JSON-RPC calls: anvil's and Hardhat's in-process one. */
export type RpcProvider = Provider & {
  send(method: string, params: unknown[]): Promise<unknown>;
};

/** Where the contracts of one CCIP 1.6 instance and its two fee tokens live. */
export interface CcipAddresses {
  readonly router: string;
  readonly onRamp: string;
  readonly offRamp: string;
  readonly feeQuoter: string;
  readonly rmnProxy: string;
  readonly rmnRemote: string;
  readonly nonceManager: string;
  readonly tokenAdminRegistry: string;
  readonly registryModule: string;
  readonly link: string;
  readonly weth: string;
}

/** What it takes to read a chain's side of CCIP; enough to follow and to execute messages. */
export interface ChainView {
  readonly name: string;
  /** CCIP chain selector, not the chain id. */
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: Pick<CcipAddresses, "onRamp" | "offRamp">;
  /** The block from which events are read; 0 unless named. */
  readonly firstBlock?: number;
}

/**
 * One chain with CCIP on it, whichever node runs it. Several of them may share one provider (three
 * CCIP instances side by side on Hardhat's in-process chain): addresses tell them apart.
 */
export interface CcipChain extends ChainView {
  readonly chainId: bigint;
  readonly provider: RpcProvider;
  readonly ccip: CcipAddresses;
  /** Owns every CCIP contract; curses and configures. */
  readonly owner: Signer;
  /** The DON's transmitter: the only account that may commit and execute. */
  readonly transmitter: Signer;
}

/** A directed pair of chains. */
export interface Lane<C extends ChainView = CcipChain> {
  readonly source: C;
  readonly destination: C;
}

/** A lane's name for people and for maps: `local-home -> local-sat1`. */
export function laneName(lane: Lane<ChainView>): string {
  return `${lane.source.name} -> ${lane.destination.name}`;
}

/** Every lane between the given chains, in both directions. */
export function lanesBetween<C extends ChainView>(chains: readonly C[]): Lane<C>[] {
  return chains.flatMap((source) =>
    chains
      .filter((destination) => destination !== source)
      .map((destination) => ({ source, destination })),
  );
}

/** The items grouped by a key, in order of first appearance. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
