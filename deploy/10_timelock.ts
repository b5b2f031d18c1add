import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn } from "../lib/hardhat/deployment";
import { timelockArguments } from "../lib/mesh/constructorArguments";

/** The timelock that every lasting power ends up with. */
const deployTimelock: DeployFunction = async (hre) => {
  const site = await deploymentOn(hre);
  await site.deploy("TimelockController", { args: [...timelockArguments(site)] });
};

deployTimelock.tags = ["timelock"];
deployTimelock.dependencies = ["ccip"];
export default deployTimelock;
