import hre from "hardhat";
import { connectLanes, deployCcip, localAccount } from "ccip-localnet";
import type { LaneSettings } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion, Lane } from "ccip-localnet/protocol";

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
  const chains: CcipChain[] = [];
  // In turn: the instances share one owner and its nonce.
  for (const chain of localChains(count)) chains.push(await inProcessChain(chain, version));
  await connectLanes(lanesBetween(chains), lanes);
  return chains;
}

/**
 * Three instances whose lanes do not all run one version: home and the first satellite run CCIP 2.0 between
 * them, and the second satellite has lanes of 1.6 only.
 * @returns each chain with the newest version that it runs, and then those that run an older one beside it.
 */
export async function mixedChains(): Promise<CcipChain[]> {
  const [home, sat1, sat2] = localChains(3);
  if (!home || !sat1 || !sat2) throw new Error("A mixed mesh has three chains.");
  const young = [await inProcessChain(home, "2.0"), await inProcessChain(sat1, "2.0")];
  const last = await inProcessChain(sat2, "1.6");
  const old = [last];
  for (const chain of young) old.push(await withVersion(chain, "1.6"));
  await connectLanes(lanesBetween(young));
  const isToLast = ({ source, destination }: Lane) => source === last || destination === last;
  await connectLanes(lanesBetween(old).filter(isToLast));
  return [...young, ...old];
}

/** A chain with new ramps of a version beside its own, and without lanes through them. */
export async function withVersion(chain: CcipChain, version: CcipVersion): Promise<CcipChain> {
  const { owner: signer, selector, ccip: beside } = chain;
  return { ...chain, ccip: await deployCcip({ signer, selector, version, beside }) };
}

async function inProcessChain(
  { name, selector }: Pick<CcipChain, "name" | "selector">,
  version: CcipVersion,
): Promise<CcipChain> {
  const { provider } = hre.ethers;
  const { chainId } = await provider.getNetwork();
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
  const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, provider);
  const ccip = await deployCcip({ signer: owner, selector, version });
  return { name, selector, chainId, provider, owner, transmitter, ccip };
}
