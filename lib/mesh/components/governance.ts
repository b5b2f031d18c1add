import { ZeroAddress } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import { holderOf } from "../../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../../core/mesh/mesh";
import type { LogReading } from "../../rpc/logCache";
import { readProvenLogs } from "../../rpc/newestBlocks";
import type { PinnedChain } from "../../rpc/pinned";
import type { Drift } from "../drift";
import type { Call, Step } from "../step";
import { TO_DO, call, chainText, change, stepOn, who } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";
import { includesGrant } from "./grants";
import type { Grant } from "./grants";
import type { Owners } from "./owned";
import { readRouting } from "./routing";
import type { Routing } from "./routing";

/** A chain that proposals go to, and the nonce of the newest one, 0 before the first. */
interface ProposalDestination {
  readonly receiver: string;
  readonly gasLimit: bigint;
  readonly lastNonce: bigint;
}

/** The sender of proposals at home. */
export interface ProposalSenderState extends DefaultAdminState {
  readonly router: string;
  /** By selector, with those that are not in the mesh. */
  readonly destinations: ReadonlyMap<bigint, ProposalDestination>;
  /** Native that pays for fees, wei. */
  readonly balance: bigint;
}

/** The receiver of proposals on a satellite. */
export interface ProposalReceiverState extends Routing {
  readonly sourceSelector: bigint;
  /** The paired sender of proposals. */
  readonly sender: string;
}

const destinationEvent = z.object({ selector: z.bigint() });

/** Reads the sender of proposals at home. */
export async function readProposalSender(
  { name, chainId, deployedAt = 0 }: HomeChain,
  address: string,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<ProposalSenderState> {
  const sender = contractAt.proposalSender(address, pinned);
  const range = {
    address,
    topics: [abi.proposalSender.getEvent("DestinationSet").topicHash],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-proposal-destinations-${address}`;
  const [admin, router, balance, logs] = await Promise.all([
    readDefaultAdmin(sender),
    sender.getRouter(),
    pinned.getBalance(address),
    readProvenLogs(name, pinned, range, { ...reading, key }),
  ]);
  const set = logs.map(
    (log) => decodeEvent(abi.proposalSender, "DestinationSet", log, destinationEvent).selector,
  );
  const destinations = [...new Set(set)].map(async (selector) => {
    const { receiver, gasLimit, lastNonce } = await sender.getDestination(selector);
    return receiver === ZeroAddress ? [] : [[selector, { receiver, gasLimit, lastNonce }] as const];
  });
  return {
    ...admin,
    router,
    balance,
    destinations: new Map((await Promise.all(destinations)).flat()),
  };
}

/** Reads the receiver of proposals on a satellite. */
export async function readProposalReceiver(
  { home }: Mesh,
  { ccip }: SatelliteChain,
  address: string,
  pinned: PinnedChain,
): Promise<ProposalReceiverState> {
  const [source, routing] = await Promise.all([
    contractAt.proposalReceiver(address, pinned).getSource(),
    readRouting([home], ccip, address, pinned),
  ]);
  return { sourceSelector: source.selector, sender: source.sender, ...routing };
}

/** Returns the steps that tell the sender of proposals its router and the receivers of the satellites. */
export function proposalSenderSteps(
  mesh: Mesh,
  now: ProposalSenderState | undefined,
  states: ReadonlyMap<string, { readonly drift: readonly Drift[] }>,
): Step[] {
  const { home, satellites } = mesh;
  const { proposalSender } = home.contracts;
  if (!now || proposalSender === undefined) return [];
  const { router } = home.ccip;
  const byAdmin = (data: string): Call =>
    call(now.admin, "default admin of the proposal sender", proposalSender, data);
  const members = satellites.map(({ selector }) => selector);
  return [
    stepOn(home, "proposal sender/router", {
      title: "send proposals through CCIP's router",
      changes: [change("router", now.router, router)],
      call: byAdmin(abi.proposalSender.encodeFunctionData("setRouter", [router])),
    }),
    ...satellites.flatMap((satellite) =>
      destinationSteps(mesh, satellite, now, states.get(satellite.name)?.drift ?? [], byAdmin),
    ),
    ...[...now.destinations.keys()]
      .filter((selector) => !members.includes(selector))
      .map((selector) => {
        const name = chainText(mesh, selector);
        const args: [bigint, string, number] = [selector, ZeroAddress, 0];
        return stepOn(home, `proposal sender/unknown chain ${selector}`, {
          title: `propose nothing to ${name}, which is not in the mesh`,
          changes: [change(`proposals to ${name}`, "yes", "no")],
          call: byAdmin(abi.proposalSender.encodeFunctionData("setDestination", args)),
        });
      }),
  ];
}

function destinationSteps(
  { home, config }: Mesh,
  { name, selector, contracts: { proposalReceiver: receiver } }: SatelliteChain,
  now: ProposalSenderState,
  drift: readonly Drift[],
  byAdmin: (data: string) => Call,
): Step[] {
  if (receiver === undefined || !config.proposals) return [];
  const { gasLimit } = config.proposals;
  const known = now.destinations.get(selector);
  const args: [bigint, string, number] = [selector, receiver, gasLimit];
  return [
    stepOn(home, `proposal sender/destination ${name}`, {
      title: `send proposals to ${name} with ${gasLimit} gas`,
      changes: [
        change("receiver", who(known?.receiver), receiver),
        change("gas limit", String(known?.gasLimit ?? 0n), String(gasLimit)),
      ],
      // CCIP skips a receiver without the required interface, so the fee would be wasted.
      after: drift
        .filter(({ id }) => id.startsWith("proposal receiver/"))
        .map(({ id }) => `${name}/${id}`),
      call: byAdmin(abi.proposalSender.encodeFunctionData("setDestination", args)),
    }),
  ];
}

/** Returns the steps that pair the receiver of proposals with CCIP's router and home's sender. */
export function proposalReceiverSteps(
  mesh: Mesh,
  chain: SatelliteChain,
  { proposalReceiver: now, owners }: GovernedState,
): Step[] {
  const { name, selector, contracts } = mesh.home;
  const { proposalSender: sender } = contracts;
  const { proposalReceiver: address } = chain.contracts;
  if (!now || address === undefined || sender === undefined) return [];
  const { router } = chain.ccip;
  const owner = owners.proposalReceiver?.owner ?? chain.contracts.timelock;
  const byOwner = (data: string): Call =>
    call(owner, "owner of the proposal receiver", address, data);
  const steps = [
    stepOn(chain, "proposal receiver/router", {
      title: "take proposals from CCIP's router",
      changes: [change("router", now.router, router)],
      call: byOwner(abi.proposalReceiver.encodeFunctionData("setRouter", [router])),
    }),
    stepOn(chain, "proposal receiver/source", {
      title: `take proposals from the proposal sender of ${name}`,
      changes: [
        change("source chain", chainText(mesh, now.sourceSelector), chainText(mesh, selector)),
        change("proposal sender", who(now.sender), sender),
      ],
      call: byOwner(abi.proposalReceiver.encodeFunctionData("setSource", [selector, sender])),
    }),
  ];
  const { oldRouter, previousCarries } = now;
  if (oldRouter === ZeroAddress) return steps;
  const reason = `CCIP to move the lane to ${chain.name}: its OffRamp still delivers through ${oldRouter}`;
  const previous = stepOn(chain, "proposal receiver/previous router", {
    title: "take no more proposals from the previous router",
    changes: [change("previous router", oldRouter, "none")],
    // A proposal that an old OffRamp still holds fails then, and is sent again through the new one.
    status: previousCarries === "new messages" ? { kind: "waiting", reason } : TO_DO,
    after: [`${chain.name}/proposal receiver/router`],
    call: byOwner(abi.proposalReceiver.encodeFunctionData("dropPreviousRouter")),
  });
  return [...steps, previous];
}

/** The state of a satellite that decides who proposes to its timelock. */
interface GovernedState {
  readonly proposalReceiver?: ProposalReceiverState;
  readonly owners: Owners;
  readonly held: readonly Grant[];
}

/** Returns whether home's timelock can propose to that of a satellite: both ends are wired, and the receiver may propose. */
export function isWiredToHome(
  { home }: Mesh,
  { selector, contracts, ccip }: SatelliteChain,
  sender: ProposalSenderState | undefined,
  { proposalReceiver: now, held }: GovernedState,
): boolean {
  const { proposalReceiver: account } = contracts;
  if (account === undefined || !now || !sender) return false;
  return (
    sender.admin === home.contracts.timelock &&
    sender.router === home.ccip.router &&
    sender.destinations.get(selector)?.receiver === account &&
    now.sender === home.contracts.proposalSender &&
    now.sourceSelector === home.selector &&
    now.router === ccip.router &&
    includesGrant(held, { contract: "timelock", role: "PROPOSER_ROLE", account })
  );
}

/** Returns the accounts that may propose to the timelock of a chain without home. */
export function localProposers(
  { contracts }: MeshChain,
  { held }: Pick<GovernedState, "held">,
): string[] {
  return held
    .filter(({ contract, role }) => contract === "timelock" && role === "PROPOSER_ROLE")
    .map(({ account }) => account)
    .filter((account) => account !== contracts.proposalReceiver);
}

/** Returns the difference of a satellite to which nobody but home can propose. */
export function emergencyProposerDrift(
  mesh: Mesh,
  chain: MeshChain,
  now: Pick<GovernedState, "held">,
): Drift[] {
  const { name, contracts } = chain;
  if (contracts.proposalReceiver === undefined || localProposers(chain, now).length > 0) return [];
  const operations = holderOf(mesh, "operations", name);
  return [
    {
      id: "timelock/emergency proposer",
      found: "nobody",
      expected: operations,
      recovery: `while home is the only proposer, nobody can pair ${name} again when home or its lane is lost: grant PROPOSER_ROLE of ${contracts.timelock} to ${operations} by a proposal from home now, which "mesh apply" makes`,
    },
  ];
}
