import type { DeployFunction } from "hardhat-deploy/types";

import { storageLayout } from "../lib/hardhat/artifacts";
import { deploymentOn } from "../lib/hardhat/deployment";
import { UUPS_PROXY } from "../lib/hardhat/uupsProxy";
import { tokenArguments } from "../lib/mesh/constructorArguments";

/** The token: an implementation that is locked, behind a UUPS proxy that is initialised at once. */
const deployToken: DeployFunction = async (hre) => {
  const site = await deploymentOn(hre);
  const init = { methodName: "initialize", args: [...tokenArguments(site)] };
  await site.deploy("RebaseToken", {
    proxy: { ...UUPS_PROXY, execute: { init } },
    // What a later version is compared with.
    linkedData: { layout: await storageLayout(hre, "RebaseToken") },
  });
};

deployToken.tags = ["token"];
deployToken.dependencies = ["ccip"];
export default deployToken;
