import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, roleOn } from "../lib/hardhat/deployment";
import { receiverArguments } from "../lib/mesh/constructorArguments";

/** The receiver of a satellite, which applies the home's index. */
const deployReceiver: DeployFunction = async (hre) => {
  const site = await deploymentOn(hre);
  const token = await site.addressOf("RebaseToken");
  await site.deploy("RebaseReceiver", { args: [...receiverArguments(site, token)] });
};

deployReceiver.tags = ["receiver"];
deployReceiver.dependencies = ["token"];
deployReceiver.skip = (hre) => Promise.resolve(roleOn(hre) !== "satellite");
export default deployReceiver;
