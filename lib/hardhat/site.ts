import type { JsonRpcProvider } from "ethers";

import { localnetRoot, requireRpcUrl } from "../../config/env";
import { liveChain } from "../chains/directory";
import { CCIP_DEPLOYMENTS } from "../localnet/deployments";
import { readManifest } from "../localnet/manifest";
import type { ChainCcip } from "../mesh/mesh";
import { deployedAddress } from "../mesh/open";
import type { ChainSite } from "../mesh/open";
import { openProvider } from "../rpc/provider";

/** A chain that answers, and where CCIP is on it. */
export type Site = ChainSite & { readonly provider: JsonRpcProvider };

/** A chain as far as it is known without asking it. */
interface Place extends Omit<ChainSite, "provider"> {
  /** @throws when nobody has said where its endpoint is. */
  readonly url: () => string;
}

/**
 * Connects to a network.
 * @throws naming the variable that is not set, or why the endpoint does not do.
 */
export function openSite(network: string, deployments: string): Promise<Site> {
  return connect(placeOf(network, deployments));
}

/** Connects to a chain. */
export async function connect({ url, ...place }: Place): Promise<Site> {
  return { ...place, provider: await openProvider(place.name, url(), place.chainId) };
}

/**
 * What is known of a network.
 * @throws when it is a local one that does not run.
 */
export function placeOf(network: string, deployments: string): Place {
  const live = liveChain(network);
  if (live) {
    const { chainId, selector, ccip } = live;
    const url = () => requireRpcUrl(network);
    return { name: network, chainId: BigInt(chainId), selector, ccip, url };
  }
  const local = readManifest(localnetRoot())?.chains.find((chain) => chain.name === network);
  if (!local) {
    throw new Error(
      `${network} does not run: start the local network with "npx hardhat localnet start".`,
    );
  }
  const ccip = (contract: keyof ChainCcip) =>
    deployedAddress(deployments, network, CCIP_DEPLOYMENTS[contract]);
  return {
    name: network,
    chainId: BigInt(local.chainId),
    selector: BigInt(local.selector),
    ccip: {
      router: ccip("router"),
      rmnProxy: ccip("rmnProxy"),
      tokenAdminRegistry: ccip("tokenAdminRegistry"),
      registryModule: ccip("registryModule"),
      link: ccip("link"),
    },
    url: () => local.url,
  };
}
