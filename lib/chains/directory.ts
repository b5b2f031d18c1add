import generated from "../../config/chains.generated.json";

import type { RegisteredChain } from "./register";

/** A live chain on which CCIP runs. */
export interface LiveChain {
  /** Hardhat network name: `ethereum-sepolia`. */
  readonly network: string;
  readonly chainId: number;
  /** CCIP chain selector. */
  readonly selector: bigint;
  /** Url of a block explorer, where one is known. */
  readonly explorer?: string;
  readonly ccip: Pick<
    RegisteredChain,
    "router" | "link" | "wrappedNative" | "rmnProxy" | "registryModule" | "tokenAdminRegistry"
  >;
}

/** Every live chain that Chainlink Local's register lists. */
export const LIVE_CHAINS: readonly LiveChain[] = (generated as RegisteredChain[]).map(
  ({ name, chainId, selector, explorer, ...ccip }) => ({
    network: networkName(name),
    chainId,
    selector: BigInt(selector),
    ...(explorer !== undefined && { explorer }),
    ccip,
  }),
);

/** The live chain of a Hardhat network, undefined for local ones. */
export function liveChain(network: string): LiveChain | undefined {
  return LIVE_CHAINS.find((chain) => chain.network === network);
}

function networkName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
