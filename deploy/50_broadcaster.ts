import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, roleOn } from "../lib/hardhat/deployment";
import { broadcasterArguments } from "../lib/mesh/constructorArguments";

/** The broadcaster, which sends the index from home to the satellites. */
const deployBroadcaster: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const token = await deployment.addressOf("RebaseToken");
  await deployment.deploy("RebaseBroadcaster", {
    args: [...broadcasterArguments(deployment, token)],
  });
};

deployBroadcaster.tags = ["broadcaster"];
deployBroadcaster.dependencies = ["token"];
deployBroadcaster.skip = (hre) => Promise.resolve(roleOn(hre) !== "home");
export default deployBroadcaster;
