import type { JsonRpcProvider } from "ethers";

import { localnetRoot, rpcUrl, rpcUrlVariable } from "../../config/env";
import { liveChain } from "../chains/directory";
import { CCIP_DEPLOYMENTS } from "../localnet/deployments";
import { readManifest } from "../localnet/manifest";
import type { ChainCcip } from "../mesh/mesh";
import { deployedAddress } from "../mesh/open";
import type { ChainSite } from "../mesh/open";
import { openProvider } from "../rpc/provider";

/** A chain that answers, and where CCIP is on it. */
export type Site = ChainSite & { readonly provider: JsonRpcProvider };

/**
 * Connects to a network.
 * @throws naming the variable that is not set, or why the endpoint does not do.
 */
export async function openSite(network: string, deployments: string): Promise<Site> {
  const live = liveChain(network);
  if (live) {
    const url = rpcUrl(network);
    if (!url) {
      throw new Error(
        `There is no RPC url for ${network}: set ${rpcUrlVariable(network)} in .env.`,
      );
    }
    const provider = await openProvider(network, url, BigInt(live.chainId));
    const { chainId, selector, ccip } = live;
    return { name: network, chainId: BigInt(chainId), selector, ccip, provider };
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
    provider: await openProvider(network, local.url, BigInt(local.chainId)),
    ccip: {
      router: ccip("router"),
      rmnProxy: ccip("rmnProxy"),
      tokenAdminRegistry: ccip("tokenAdminRegistry"),
      registryModule: ccip("registryModule"),
      link: ccip("link"),
    },
  };
}
