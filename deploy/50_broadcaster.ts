import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, roleOn } from "../lib/hardhat/deployment";
import { broadcasterArguments } from "../lib/mesh/constructorArguments";

/** The broadcaster, which sends the index from home to the satellites. */
const deployBroadcaster: DeployFunction = async (hre) => {
  const site = await deploymentOn(hre);
  const token = await site.addressOf("RebaseToken");
  await site.deploy("RebaseBroadcaster", { args: [...broadcasterArguments(site, token)] });
};

deployBroadcaster.tags = ["broadcaster"];
deployBroadcaster.dependencies = ["token"];
deployBroadcaster.skip = (hre) => Promise.resolve(roleOn(hre) !== "home");
export default deployBroadcaster;
