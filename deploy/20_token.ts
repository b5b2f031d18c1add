import type { DeployFunction, ProxyOptions } from "hardhat-deploy/types";

import { storageLayout } from "../lib/hardhat/artifacts";
import { deploymentOn } from "../lib/hardhat/deployment";
import { tokenArguments } from "../lib/mesh/constructorArguments";

/**
 * hardhat-deploy's proxy options for OpenZeppelin 5: its own UUPS preset calls `upgradeTo`, which
 * OpenZeppelin 5 no longer has. `upgradeIndex: 0` makes a second run leave the proxy alone; an upgrade
 * is the timelock's business.
 */
const UUPS_PROXY = {
  proxyContract: "ERC1967Proxy",
  proxyArgs: ["{implementation}", "{data}"],
  checkProxyAdmin: false,
  checkABIConflict: false,
  upgradeIndex: 0,
  upgradeFunction: { methodName: "upgradeToAndCall", upgradeArgs: ["{implementation}", "{data}"] },
} satisfies ProxyOptions;

/** The token: an implementation that is locked, behind a UUPS proxy that is initialised at once. */
const deployToken: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const init = { methodName: "initialize", args: [...tokenArguments(deployment)] };
  await deployment.deploy("RebaseToken", {
    proxy: { ...UUPS_PROXY, execute: { init } },
    // What a later version is compared with.
    linkedData: { layout: await storageLayout(hre, "RebaseToken") },
  });
};

deployToken.tags = ["token"];
deployToken.dependencies = ["ccip"];
export default deployToken;
