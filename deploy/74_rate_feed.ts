import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { rateFeedArguments } from "../lib/mesh/constructorArguments";

/** The growth index as a Chainlink price feed. */
const deployRebaseRateFeed: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const token = await deployment.addressOf("RebaseToken");
  const receiver =
    deployment.role === "home" ? undefined : await deployment.addressOf("RebaseReceiver");
  await deployment.deploy("RebaseRateFeed", { args: [...rateFeedArguments(token, receiver)] });
};

deployRebaseRateFeed.tags = ["rate-feed"];
deployRebaseRateFeed.dependencies = ["token", "receiver"];
deployRebaseRateFeed.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "RebaseRateFeed"));
export default deployRebaseRateFeed;
