import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn } from "../lib/hardhat/deployment";
import { timelockArguments } from "../lib/mesh/constructorArguments";

/** The timelock, which administers the other contracts once the mesh is wired. */
const deployTimelock: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  await deployment.deploy("TimelockController", { args: [...timelockArguments(deployment)] });
};

deployTimelock.tags = ["timelock"];
deployTimelock.dependencies = ["ccip"];
export default deployTimelock;
