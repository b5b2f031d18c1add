import type { DeployFunction } from "hardhat-deploy/types";

import { IMPLEMENTATION } from "../lib/deployments/implementation";
import { storageLayout } from "../lib/hardhat/artifacts";
import { deploymentOn } from "../lib/hardhat/deployment";
import { replacementOf } from "../lib/hardhat/replacement";

/** A newer implementation of the token; `mesh plan` has the timelock upgrade the proxy to it. */
const deployImplementation: DeployFunction = async (hre) => {
  const replacement = replacementOf(hre, IMPLEMENTATION);
  if (!replacement) return;
  const { contract, migration } = replacement;
  const deployment = await deploymentOn(hre);
  await deployment.deploy(IMPLEMENTATION, {
    contract,
    linkedData: { migration, layout: await storageLayout(hre, contract) },
  });
};

deployImplementation.tags = ["implementation"];
deployImplementation.dependencies = ["token"];
export default deployImplementation;
