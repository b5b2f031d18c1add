import type { DeployFunction } from "hardhat-deploy/types";

import { poolContract } from "../lib/core/mesh/optional";
import { deploymentOn } from "../lib/hardhat/deployment";
import { poolArguments } from "../lib/mesh/constructorArguments";

/** The pool that moves the token between chains. */
const deployPool: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const token = await deployment.addressOf("RebaseToken");
  await deployment.deploy("RebaseTokenPool", {
    contract: poolContract(deployment.config, deployment.role),
    args: [...poolArguments(deployment, token)],
  });
};

deployPool.tags = ["pool"];
deployPool.dependencies = ["token"];
export default deployPool;
