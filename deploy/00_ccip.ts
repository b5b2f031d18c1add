import type { DeployFunction } from "hardhat-deploy/types";
import { deployCcip } from "ccip-localnet";
import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";
import { contractsOf } from "ccip-localnet/protocol";

import { localChain } from "../config/localChains";
import { ccipRecord } from "../lib/hardhat/deployment";

/** CCIP itself, on Hardhat's in-process network only: every other network has it already. */
const deployCcipInProcess: DeployFunction = async ({ deployments, ethers, getNamedAccounts }) => {
  if (await deployments.getOrNull(ccipRecord("router"))) return;
  const { ccipOwner } = await getNamedAccounts();
  const signer = await ethers.getSigner(ccipOwner ?? "");
  const selector = localChain(0).selector;
  const ccip = await deployCcip({ signer, selector, version: DEFAULT_CCIP_VERSION });
  for (const [name, address] of contractsOf(ccip)) {
    await deployments.save(ccipRecord(name), { address, abi: [] });
  }
};

deployCcipInProcess.tags = ["ccip"];
deployCcipInProcess.skip = ({ network }) => Promise.resolve(network.name !== "hardhat");
export default deployCcipInProcess;
