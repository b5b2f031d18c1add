import { parseEther } from "ethers";

import { localAccount } from "./accounts";
import { LOCAL_ACCOUNTS } from "./config";
import { deployCcip } from "./contracts/deploy";
import { connectLanes } from "./contracts/lanes";
import type { LaneSettings } from "./contracts/lanes";
import { feeTokenCode } from "./contracts/feeTokens";
import type { LocalCcip } from "./delivery/local";
import { LocalnetOptionsError, requireChain } from "./options";
import type { LanePlan } from "./options";
import { lanesBetween } from "./protocol/chain";
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

/** Initial LINK of the first account, juels; CCIP's owner holds the rest of the supply. */
const FIRST_ACCOUNT_LINK = parseEther("1000000");

/** Native balance, wei, of CCIP's accounts on a chain whose genesis did not fund them. */
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
    chains.push(runningOn(site, ccip));
  }
  if (beside) await giveLink(signer, beside.link);
  return chains;
}

/** Returns a chain on which CCIP is deployed, with the signers of its owner and its DON. */
export function runningOn(site: Site, ccip: CcipAddresses): CcipChain {
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, site.provider);
  const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, site.provider);
  return { ...site, owner, transmitter, ccip };
}

/** Returns the lanes between chains with CCIP, each in its version. */
export function lanesOf(chains: readonly CcipChain[], plans: readonly LanePlan[]): Lane[] {
  return plans.map(({ from, to, ccip }) => {
    const version = chains.filter((chain) => chain.ccip.version === ccip);
    return { source: requireChain(version, from), destination: requireChain(version, to) };
  });
}

/** Opens lanes, each in its version. */
export async function openLanes(lanes: readonly Lane[], settings?: LaneSettings): Promise<void> {
  for (const version of CCIP_VERSIONS) {
    const own = lanes.filter(({ source }) => source.ccip.version === version);
    if (own.length > 0) await connectLanes(own, settings);
  }
}

/** The lanes between two chains, in both directions, before and after a migration. */
export interface MigratedLane {
  readonly before: readonly Lane[];
  readonly since: readonly Lane[];
}

/**
 * Moves the lane between two chains from CCIP 1.6 to 2.0 while messages are in flight, as CCIP's owner does:
 * from then on the routers send over ramps of 2.0. What was sent before arrives through the old OffRamps, which
 * the routers go on naming until `retireLanes`.
 * @throws LocalnetOptionsError when the lane runs CCIP 2.0 already.
 */
export async function migrateLane(
  ccip: LocalCcip,
  from: string,
  to: string,
): Promise<MigratedLane> {
  const before = [ccip.lane(from, to), ccip.lane(to, from)];
  if (before.some(({ source }) => source.ccip.version !== "1.6")) {
    throw new LocalnetOptionsError(`The lane between ${from} and ${to} runs CCIP 2.0 already.`);
  }
  const ends: CcipChain[] = [];
  // In turn: chains may share a node, and with it the owner's nonce.
  for (const { source } of before) ends.push(await withCcip20(ccip, source));
  const since = lanesBetween(ends);
  ccip.open(since);
  await connectLanes(since);
  return { before, since };
}

async function withCcip20({ chains }: LocalCcip, chain: CcipChain): Promise<CcipChain> {
  const { name, owner: signer, selector, ccip: beside } = chain;
  const known = chains.find((one) => one.name === name && one.ccip.version === "2.0");
  if (known) return known;
  return { ...chain, ccip: await deployCcip({ signer, selector, version: "2.0", beside }) };
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
