import hre from "hardhat";

import { LOCAL_ACCOUNTS, localChains } from "../../config/localChains";
import { localAccount } from "../../lib/ccip/accounts";
import type { CcipChain } from "../../lib/ccip/chain";
import { lanesBetween } from "../../lib/ccip/chain";
import { connectLanes, deployCcip } from "../../lib/ccip/deploy";
import type { LaneSettings } from "../../lib/ccip/deploy";
import { feeTokenCode } from "../../lib/ccip/releases";
import type { CcipVersion } from "../../lib/ccip/releases";

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
  const feeTokens = feeTokenCode(hre.config.paths.artifacts);
  const chains: CcipChain[] = [];
  for (const { name, selector } of localChains(count)) {
    // In turn: the instances share one owner and its nonce.
    const ccip = await deployCcip({ signer: owner, selector, version, feeTokens });
    chains.push({ name, selector, chainId, provider, owner, transmitter, ccip });
  }
  await connectLanes(lanesBetween(chains), lanes);
  return chains;
}
