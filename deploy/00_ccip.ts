import type { DeployFunction } from "hardhat-deploy/types";

import { localChain } from "../config/localChains";
import { deployCcip } from "../lib/ccip/deploy";
import { CCIP_DEPLOYMENTS } from "../lib/hardhat/inProcessCcip";

/** CCIP itself, on Hardhat's in-process network only: every other network has it already. */
const deployCcipInProcess: DeployFunction = async ({ deployments, ethers, getNamedAccounts }) => {
  if (await deployments.getOrNull(CCIP_DEPLOYMENTS.router)) return;
  const { ccipOwner } = await getNamedAccounts();
  const signer = await ethers.getSigner(ccipOwner ?? "");
  const ccip = await deployCcip({ signer, selector: localChain(0).selector });
  for (const name of Object.keys(CCIP_DEPLOYMENTS) as (keyof typeof CCIP_DEPLOYMENTS)[]) {
    await deployments.save(CCIP_DEPLOYMENTS[name], { address: ccip[name], abi: [] });
  }
};

deployCcipInProcess.tags = ["ccip"];
deployCcipInProcess.skip = ({ network }) => Promise.resolve(network.name !== "hardhat");
export default deployCcipInProcess;
