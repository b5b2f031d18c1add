import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { pairSyncerArguments } from "../lib/mesh/constructorArguments";

/** The listener that syncs Uniswap-V2-style pairs after a rebase. */
const deployPairSyncer: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = pairSyncerArguments(deployment);
  await deployment.deploy("PairSyncer", { args: [...args] });
};

deployPairSyncer.tags = ["pair-syncer"];
deployPairSyncer.dependencies = ["token"];
deployPairSyncer.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "PairSyncer"));
export default deployPairSyncer;
