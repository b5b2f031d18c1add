import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, roleOn } from "../lib/hardhat/deployment";
import { receiverArguments } from "../lib/mesh/constructorArguments";

/** The receiver of a satellite, which applies the home's index. */
const deployReceiver: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const token = await deployment.addressOf("RebaseToken");
  await deployment.deploy("RebaseReceiver", { args: [...receiverArguments(deployment, token)] });
};

deployReceiver.tags = ["receiver"];
deployReceiver.dependencies = ["token"];
deployReceiver.skip = (hre) => Promise.resolve(roleOn(hre) !== "satellite");
export default deployReceiver;
