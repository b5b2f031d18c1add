import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { notifierArguments } from "../lib/mesh/constructorArguments";

/** The notifier, which tells listeners of the index that counts. */
const deployRebaseNotifier: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = notifierArguments(deployment, await deployment.addressOf("RebaseToken"));
  await deployment.deploy("RebaseNotifier", { args: [...args] });
};

deployRebaseNotifier.tags = ["notifier"];
deployRebaseNotifier.dependencies = ["token"];
deployRebaseNotifier.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "RebaseNotifier"));
export default deployRebaseNotifier;
