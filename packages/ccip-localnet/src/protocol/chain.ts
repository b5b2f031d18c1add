import type { Provider, Signer } from "ethers";

import type { CcipVersion } from "./releases";

/** An ethers provider that also takes raw JSON-RPC calls: anvil's and Hardhat's in-process one. */
export type RpcProvider = Provider & {
  send(method: string, params: unknown[]): Promise<unknown>;
};

/** Contracts of CCIP that both versions share on a chain, and its two fee tokens. */
export interface SharedAddresses {
  readonly router: string;
  readonly rmnProxy: string;
  /** The RMN behind the proxy: RMNRemote 1.6, or RMN 2.0. Ramps of both versions take either. */
  readonly rmnRemote: string;
  readonly tokenAdminRegistry: string;
  readonly registryModule: string;
  readonly link: string;
  readonly weth: string;
}

interface RampAddresses extends SharedAddresses {
  readonly onRamp: string;
  readonly offRamp: string;
  readonly feeQuoter: string;
}

/** Addresses of the contracts of CCIP 1.6 on a chain. */
export interface Ccip16Addresses extends RampAddresses {
  readonly version: "1.6";
  readonly nonceManager: string;
}

/** Addresses of the contracts of CCIP 2.0 on a chain. */
export interface Ccip20Addresses extends RampAddresses {
  readonly version: "2.0";
  readonly committeeVerifier: string;
  /** Stands for the committee verifier of every version: the ramps know verifiers by it. */
  readonly verifierResolver: string;
  readonly executorImplementation: string;
  /** The proxy in front of the executor: the ramps know it by that. */
  readonly executor: string;
}

/** Addresses of the contracts of one version of CCIP and its two fee tokens on a chain. */
export type CcipAddresses = Ccip16Addresses | Ccip20Addresses;

/** A contract of either version, by the name it has in this project. */
export type CcipContractName = Exclude<keyof Ccip16Addresses | keyof Ccip20Addresses, "version">;

/** Every contract of a chain's CCIP and its address. */
export function contractsOf(ccip: CcipAddresses): [name: CcipContractName, address: string][] {
  const entries = Object.entries(ccip).filter(([name]) => name !== "version");
  return entries as [CcipContractName, string][];
}

/** The part of a chain that is needed to read its side of CCIP, to follow and to execute messages. */
export interface ChainView {
  readonly name: string;
  /** CCIP chain selector, not the chain id. */
  readonly selector: bigint;
  readonly provider: Provider;
  /** Its ramps, and their version where it is known. */
  readonly ccip: Pick<CcipAddresses, "onRamp" | "offRamp"> & {
    readonly version?: CcipVersion | undefined;
  };
  /** The block from which events are read; 0 unless named. */
  readonly firstBlock?: number;
}

/**
 * One version of CCIP on one chain, whichever node runs it. Several of them may share one provider (three
 * CCIP instances side by side on Hardhat's in-process chain): addresses tell them apart. A chain that
 * runs both versions on one router is two of them, with the same name and selector.
 */
export interface CcipChain extends ChainView {
  readonly chainId: bigint;
  readonly provider: RpcProvider;
  readonly ccip: CcipAddresses;
  /** Owns every CCIP contract; curses and configures. */
  readonly owner: Signer;
  /** Sends what delivers messages: in CCIP 1.6 the only account that may commit and execute. */
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

/** Every lane between the given chains, in both directions, for each version that both ends run. */
export function lanesBetween<C extends ChainView>(chains: readonly C[]): Lane<C>[] {
  return chains.flatMap((source) =>
    chains
      .filter(({ selector }) => selector !== source.selector)
      .filter(({ ccip }) => ccip.version === source.ccip.version)
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

/** The provider of a signer; throws when it has none. */
export function providerOf(signer: Signer): Provider {
  if (!signer.provider) {
    throw new Error("The signer has no provider: connect it with signer.connect(provider).");
  }
  return signer.provider;
}
