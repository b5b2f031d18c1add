import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { proposalSenderArguments } from "../lib/mesh/constructorArguments";

/** The sender of proposals to the timelocks of satellites. */
const deployProposalSender: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = proposalSenderArguments(deployment);
  await deployment.deploy("ProposalSender", { args: [...args] });
};

deployProposalSender.tags = ["proposal-sender"];
deployProposalSender.dependencies = ["ccip"];
deployProposalSender.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "ProposalSender"));
export default deployProposalSender;
