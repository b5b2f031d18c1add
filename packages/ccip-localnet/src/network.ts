import { parseEther } from "ethers";

import { localAccount } from "./accounts";
import { LOCAL_ACCOUNTS } from "./config";
import { connectLanes, deployCcip } from "./contracts/deploy";
import type { LaneSettings } from "./contracts/deploy";
import { feeTokenCode } from "./contracts/feeTokens";
import { requireChain } from "./options";
import type { LanePlan } from "./options";
import type { CcipAddresses, CcipChain, Lane, RpcProvider } from "./protocol/chain";
import { CCIP_VERSIONS } from "./protocol/releases";
import type { CcipVersion } from "./protocol/releases";
import { sendAll } from "./send";

/** A chain that runs and has no CCIP yet. */
export interface Site {
  readonly name: string;
  readonly chainId: bigint;
  readonly selector: bigint;
  readonly provider: RpcProvider;
  /** The first block that may hold events of its CCIP; 0 unless it is a fork. */
  readonly firstBlock?: number;
}

/** LINK that the first account starts with; the rest of the supply stays with CCIP's owner. */
const FIRST_ACCOUNT_LINK = parseEther("1000000");

/** Native money of CCIP's accounts on a chain whose genesis did not pay them. */
const OWNER_BALANCE = parseEther("10000");

/**
 * Deploys versions of CCIP on a chain, all of them behind one router.
 * @returns the chain once for each version, in their order.
 */
export async function deployOn(site: Site, versions: readonly CcipVersion[]): Promise<CcipChain[]> {
  const { provider, selector } = site;
  const signer = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
  const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, provider);
  await Promise.all([fund(site, signer.address), fund(site, transmitter.address)]);
  const chains: CcipChain[] = [];
  let beside: CcipAddresses | undefined;
  for (const version of versions) {
    const ccip: CcipAddresses = await deployCcip({ signer, selector, version, beside });
    beside ??= ccip;
    chains.push({ ...site, owner: signer, transmitter, ccip });
  }
  if (beside) await giveLink(signer, beside.link);
  return chains;
}

/** Opens lanes between chains that have CCIP, each in its version. */
export async function openLanes(
  chains: readonly CcipChain[],
  plans: readonly LanePlan[],
  settings?: LaneSettings,
): Promise<Lane[]> {
  const lanes = plans.map(({ from, to, ccip }) => {
    const version = chains.filter((chain) => chain.ccip.version === ccip);
    return { source: requireChain(version, from), destination: requireChain(version, to) };
  });
  for (const version of CCIP_VERSIONS) {
    const own = lanes.filter(({ source }) => source.ccip.version === version);
    if (own.length > 0) await connectLanes(own, settings);
  }
  return lanes;
}

async function fund({ provider }: Site, account: string): Promise<void> {
  if ((await provider.getBalance(account)) > 0n) return;
  await provider.send("hardhat_setBalance", [account, `0x${OWNER_BALANCE.toString(16)}`]);
}

async function giveLink(owner: ReturnType<typeof localAccount>, link: string): Promise<void> {
  const { address } = localAccount(LOCAL_ACCOUNTS.deployer);
  const data = feeTokenCode().link.interface.encodeFunctionData("transfer", [
    address,
    FIRST_ACCOUNT_LINK,
  ]);
  await sendAll(owner, [{ label: `LINK for ${address}`, to: link, data }]);
}
