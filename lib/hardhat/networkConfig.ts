import type { ManifestChain } from "ccip-localnet/config";
import type { JsonRpcProvider } from "ethers";

import { OperatorError } from "../core/errors";
import { localnetRoot, requireRpcUrl } from "../../config/env";
import { liveChain } from "../core/chains";
import { membersOf } from "../core/mesh/members";
import { runningNetwork } from "../localnet/running";
import type { ConnectedChain } from "../mesh/open";
import { openProvider } from "../rpc/provider";

/** A connected chain, with CCIP's addresses on it. */
export type ConnectedNetwork = ConnectedChain & { readonly provider: JsonRpcProvider };

/** The facts of a chain that are known without a connection. */
interface Place extends Omit<ConnectedChain, "provider"> {
  /** @throws when no endpoint is set. */
  readonly url: () => string;
}

/**
 * Connects to a network.
 * @throws naming the variable that is not set, or the reason why the endpoint cannot be used.
 */
export function openNetwork(network: string): Promise<ConnectedNetwork> {
  return connect(placeOf(network));
}

/**
 * Returns the RPC urls of a mesh's chains, by network name.
 * @throws naming the variable that is not set, or the local chain that does not run.
 */
export function urlsOf(config: Parameters<typeof membersOf>[0]): Map<string, string> {
  return new Map(membersOf(config).map((network) => [network, placeOf(network).url()]));
}

/** Connects to a chain. */
export async function connect({ url, ...place }: Place): Promise<ConnectedNetwork> {
  return { ...place, provider: await openProvider(place.name, url(), place.chainId) };
}

/**
 * Returns a network's ids, CCIP addresses and RPC url.
 * @throws when it is a local one that does not run.
 */
export function placeOf(network: string): Place {
  const live = liveChain(network);
  if (live) {
    const { chainId, selector, ccip } = live;
    const url = () => requireRpcUrl(network);
    return { name: network, chainId: BigInt(chainId), selector, ccip, url };
  }
  const local = runningChain(network);
  return {
    name: network,
    chainId: BigInt(local.chainId),
    selector: BigInt(local.selector),
    ccip: local.ccip,
    url: () => local.url,
  };
}

function runningChain(network: string): ManifestChain {
  const { chains } = runningNetwork(localnetRoot());
  const chain = chains.find(({ name }) => name === network);
  if (chain) return chain;
  throw new OperatorError(
    "NETWORK_NOT_RUNNING",
    `${network} does not run, only ${chains.map(({ name }) => name).join(", ")}: start the local network with more chains, "npx hardhat localnet start --chains <number>".`,
  );
}
