import type { DeployFunction } from "hardhat-deploy/types";

import { deploymentOn, isDeclaredOn } from "../lib/hardhat/deployment";
import { proposalReceiverArguments } from "../lib/mesh/constructorArguments";

/** The receiver of proposals, a proposer of the timelock. */
const deployProposalReceiver: DeployFunction = async (hre) => {
  const deployment = await deploymentOn(hre);
  const args = proposalReceiverArguments(
    deployment,
    await deployment.addressOf("TimelockController"),
  );
  await deployment.deploy("ProposalReceiver", { args: [...args] });
};

deployProposalReceiver.tags = ["proposal-receiver"];
deployProposalReceiver.dependencies = ["timelock"];
deployProposalReceiver.skip = (hre) => Promise.resolve(!isDeclaredOn(hre, "ProposalReceiver"));
export default deployProposalReceiver;
