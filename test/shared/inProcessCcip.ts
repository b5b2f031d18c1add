import hre from "hardhat";
import { connectLanes, deployCcip, localAccount } from "ccip-localnet";
import type { LaneSettings } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { localChains } from "../../config/localChains";

import { CCIP_VERSION } from "./ccipVersion";

/**
 * `count` CCIP instances side by side on Hardhat's in-process chain, all lanes open: the same
 * contracts as on the local network, where coverage and stack traces can see what calls them.
 */
export async function inProcessChains(
  count = 3,
  lanes?: LaneSettings,
  version: CcipVersion = CCIP_VERSION,
): Promise<CcipChain[]> {
  const { provider } = hre.ethers;
  const { chainId } = await provider.getNetwork();
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
  const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, provider);
  const chains: CcipChain[] = [];
  for (const { name, selector } of localChains(count)) {
    // In turn: the instances share one owner and its nonce.
    const ccip = await deployCcip({ signer: owner, selector, version });
    chains.push({ name, selector, chainId, provider, owner, transmitter, ccip });
  }
  await connectLanes(lanesBetween(chains), lanes);
  return chains;
}
