import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { CCIP_DEPLOYMENTS } from "../localnet/deployments";
import type { ChainCcip } from "../mesh/mesh";

/**
 * CCIP's contracts on a local chain, as the local network wrote them among its deployments.
 * @throws when there are none: the network does not run, or is another one.
 */
export async function localCcip(hre: HardhatRuntimeEnvironment): Promise<ChainCcip> {
  const address = async (name: string) => {
    const deployment = await hre.deployments.getOrNull(name);
    if (deployment) return deployment.address;
    throw new Error(
      `There is no ${name} on ${hre.network.name}: start the local network with "npx hardhat localnet start".`,
    );
  };
  return {
    router: await address(CCIP_DEPLOYMENTS.router),
    rmnProxy: await address(CCIP_DEPLOYMENTS.rmnProxy),
    tokenAdminRegistry: await address(CCIP_DEPLOYMENTS.tokenAdminRegistry),
    registryModule: await address(CCIP_DEPLOYMENTS.registryModule),
    link: await address(CCIP_DEPLOYMENTS.link),
  };
}
