import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { wrapperArguments } from "../lib/mesh/constructorArguments";

/** The wrapped token, whose balances no rebase changes. */
const deployWrappedRebaseToken: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = wrapperArguments(deployment, await deployment.addressOf("RebaseToken"));
  await deployment.deploy("WrappedRebaseToken", { args: [...args] });
};

deployWrappedRebaseToken.tags = ["wrapper"];
deployWrappedRebaseToken.dependencies = ["token"];
deployWrappedRebaseToken.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "WrappedRebaseToken"));
export default deployWrappedRebaseToken;
