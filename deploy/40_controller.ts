import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, roleOn } from "../lib/hardhat/deployment";
import { controllerArguments } from "../lib/mesh/constructorArguments";

/** The controller, which sets the index at home. */
const deployController: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const token = await deployment.addressOf("RebaseToken");
  await deployment.deploy("RebaseController", {
    args: [...controllerArguments(deployment, token)],
  });
};

deployController.tags = ["controller"];
deployController.dependencies = ["token"];
deployController.skip = (hre) => Promise.resolve(roleOn(hre) !== "home");
export default deployController;
