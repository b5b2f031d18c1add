import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { CcipContractName } from "ccip-localnet/protocol";

import type { ChainCcip } from "../core/mesh/mesh";

/** Record names of CCIP's contracts on Hardhat's in-process network. */
export const CCIP_DEPLOYMENTS: Readonly<Record<CcipContractName, string>> = {
  router: "CCIP_Router",
  onRamp: "CCIP_OnRamp",
  offRamp: "CCIP_OffRamp",
  feeQuoter: "CCIP_FeeQuoter",
  rmnProxy: "CCIP_RMNProxy",
  rmnRemote: "CCIP_RMNRemote",
  nonceManager: "CCIP_NonceManager",
  tokenAdminRegistry: "CCIP_TokenAdminRegistry",
  registryModule: "CCIP_RegistryModule",
  link: "CCIP_LinkToken",
  weth: "CCIP_WETH9",
  committeeVerifier: "CCIP_CommitteeVerifier",
  verifierResolver: "CCIP_VerifierResolver",
  executorImplementation: "CCIP_ExecutorImplementation",
  executor: "CCIP_Executor",
};

/** CCIP's contracts on Hardhat's in-process network, as the first deploy script left them. */
export async function inProcessCcip({
  deployments,
}: HardhatRuntimeEnvironment): Promise<ChainCcip> {
  const address = async (contract: keyof ChainCcip) =>
    (await deployments.get(CCIP_DEPLOYMENTS[contract])).address;
  return {
    router: await address("router"),
    rmnProxy: await address("rmnProxy"),
    tokenAdminRegistry: await address("tokenAdminRegistry"),
    registryModule: await address("registryModule"),
    link: await address("link"),
  };
}
