import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { wrappedBridgeArguments } from "../lib/mesh/constructorArguments";

/** The bridge that sends wrapped units to other chains. */
const deployWrappedBridge: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = wrappedBridgeArguments(deployment, await deployment.addressOf("WrappedRebaseToken"));
  await deployment.deploy("WrappedBridge", { args: [...args] });
};

deployWrappedBridge.tags = ["wrapped-bridge"];
deployWrappedBridge.dependencies = ["wrapper"];
deployWrappedBridge.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "WrappedBridge"));
export default deployWrappedBridge;
