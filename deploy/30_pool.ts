import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn } from "../lib/hardhat/deployment";
import { poolArguments } from "../lib/mesh/constructorArguments";

/** The pool that moves the token between chains. */
const deployPool: DeployFunction = async (hre) => {
  const site = await deploymentOn(hre);
  const token = await site.addressOf("RebaseToken");
  await site.deploy("RebaseTokenPool", { args: [...poolArguments(site, token)] });
};

deployPool.tags = ["pool"];
deployPool.dependencies = ["token"];
export default deployPool;
