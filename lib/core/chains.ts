import generated from "../../config/chains.generated.json";

/** A live chain of Chainlink Local's register. */
export interface RegisteredChain {
  /** Display name, from a comment in the register. */
  readonly name: string;
  readonly chainId: number;
  /** CCIP selector, as a decimal string: it does not fit a JSON number. */
  readonly selector: string;
  readonly router: string;
  readonly link: string;
  readonly wrappedNative: string;
  readonly rmnProxy: string;
  readonly registryModule: string;
  readonly tokenAdminRegistry: string;
  /** Url of a block explorer, without a slash at its end; not from the register, and not for every chain. */
  readonly explorer?: string;
  /** The currency of gas and fees, with 18 decimals; not from the register, and not for every chain. */
  readonly nativeCurrency?: NativeCurrency;
}

/** The native currency of a chain. */
export interface NativeCurrency {
  readonly name: string;
  readonly symbol: string;
}

/** A live chain on which CCIP runs. */
interface LiveChain extends Pick<RegisteredChain, "chainId" | "explorer" | "nativeCurrency"> {
  /** Hardhat network name: `ethereum-sepolia`. */
  readonly network: string;
  /** CCIP chain selector. */
  readonly selector: bigint;
  readonly ccip: Pick<
    RegisteredChain,
    "router" | "link" | "wrappedNative" | "rmnProxy" | "registryModule" | "tokenAdminRegistry"
  >;
}

/** Every live chain that Chainlink Local's register lists. */
export const LIVE_CHAINS: readonly LiveChain[] = (generated as RegisteredChain[]).map(
  ({ name, chainId, selector, explorer, nativeCurrency, ...ccip }) => ({
    network: (name.toLowerCase().match(/[a-z0-9]+/g) ?? []).join("-"),
    chainId,
    selector: BigInt(selector),
    ...(explorer !== undefined && { explorer }),
    ...(nativeCurrency !== undefined && { nativeCurrency }),
    ccip,
  }),
);

/** Returns the live chain of a Hardhat network; undefined for local ones. */
export function liveChain(network: string): LiveChain | undefined {
  return LIVE_CHAINS.find((chain) => chain.network === network);
}

/** Returns the currency of gas on a network; undefined for a live one whose currency is unknown. */
export function nativeCurrencyOf(network: string): NativeCurrency | undefined {
  const live = liveChain(network);
  // Every live network is in the directory: the others are local nodes.
  return live ? live.nativeCurrency : { name: "Ether", symbol: "ETH" };
}

/** Returns the symbol of the currency of gas on a network, or "native" where it is unknown. */
export function nativeSymbol(network: string): string {
  return nativeCurrencyOf(network)?.symbol ?? "native";
}

/** Returns the symbol of the fee token of CCIP on a network. */
export function feeSymbol(network: string, token: "native" | "link"): string {
  return token === "link" ? "LINK" : nativeSymbol(network);
}
