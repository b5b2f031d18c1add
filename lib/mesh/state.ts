import { chainsOf } from "../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { contractAt } from "../core/abis";

import { readAcceptance } from "./components/administration";
import { readBroadcaster, readFirstBroadcast } from "./components/broadcaster";
import type { BroadcasterState, FirstBroadcast } from "./components/broadcaster";
import { readController } from "./components/controller";
import type { ControllerState } from "./components/controller";
import { readDrift } from "./components/drift";
import { readProposalReceiver, readProposalSender } from "./components/governance";
import type { ProposalReceiverState, ProposalSenderState } from "./components/governance";
import { grantsOf, readHolders, unexpectedAmong } from "./components/grants";
import type { Grant } from "./components/grants";
import { readNotifier } from "./components/notifier";
import type { NotifierState } from "./components/notifier";
import { readOwners } from "./components/owned";
import type { Owners } from "./components/owned";
import { readPreviousPools } from "./components/pool/previous";
import type { PreviousPool } from "./components/pool/previous";
import { readPool } from "./components/pool/state";
import type { PoolState } from "./components/pool/state";
import { readReceiver } from "./components/receiver";
import type { ReceiverState } from "./components/receiver";
import { readRegistry } from "./components/registry";
import type { RegistryState } from "./components/registry";
import { readPending } from "./components/timelock/operations";
import type { Operation, PendingProposal } from "./components/timelock/operations";
import { readToken, readUpgrade } from "./components/token";
import type { TokenState, TokenUpgrade } from "./components/token";
import { readWrappedBridge } from "./components/wrappedBridge";
import type { WrappedBridgeState } from "./components/wrappedBridge";
import type { Drift } from "./drift";
import { eachThatAnswers } from "./unread";
import type { UnreadChains } from "./unread";

interface CommonState {
  readonly chain: string;
  readonly blockNumber: number;
  /** Time of that block, unix seconds. */
  readonly timestamp: bigint;
  readonly token: TokenState;
  /** Present while the token runs an older implementation than the newest recorded one. */
  readonly upgrade?: TokenUpgrade;
  readonly pool: PoolState;
  /** Pools of the token other than the newest one; empty unless one was replaced. */
  readonly previousPools: readonly PreviousPool[];
  readonly registry: RegistryState;
  /** The owners of the optional contracts. */
  readonly owners: Owners;
  /** Its listeners and pairs, where the mesh has them. */
  readonly notifier?: NotifierState;
  /** The wiring of the wrapped bridge, where the mesh has one. */
  readonly wrappedBridge?: WrappedBridgeState;
  /** The minimum delay of its proposals, seconds. */
  readonly timelock: { readonly minDelay: bigint };
  /** Every role of every account. */
  readonly held: readonly Grant[];
  /** The grants that the mesh does not declare. */
  readonly unexpectedGrants: readonly Grant[];
  /** Differences that no transaction of a plan can fix. */
  readonly drift: readonly Drift[];
  /** Every proposal to the timelock, by any proposer, that may still be executed. */
  readonly proposals: readonly PendingProposal[];
  /** The timelock's proposal to accept the administrations that were offered to it. */
  readonly acceptance: Operation;
}

export interface HomeState extends CommonState {
  readonly role: "home";
  readonly controller: ControllerState;
  readonly broadcaster: BroadcasterState;
  /** The sender of proposals, where the mesh has one. */
  readonly proposalSender?: ProposalSenderState;
}

export interface SatelliteState extends CommonState {
  readonly role: "satellite";
  readonly receiver: ReceiverState;
  /** The receiver of proposals, where the mesh has one. */
  readonly proposalReceiver?: ProposalReceiverState;
  /** The broadcast with its first index; present from when it is found until it has succeeded. */
  readonly firstBroadcast?: FirstBroadcast;
}

export type ChainState = HomeState | SatelliteState;

/** The states of chains of a mesh, by network name. */
export type MeshState = ReadonlyMap<string, ChainState>;

/** Options of reading the wiring. */
export interface ReadOptions extends LogReading {
  /** Minimum block numbers by network name, from known transactions. */
  readonly notBefore?: ReadonlyMap<string, number>;
  /** Reports a read that may take long; the title names the chain. */
  during?<T>(title: string, read: () => Promise<T>): Promise<T>;
}

/** Runs a read and reports its progress. */
export function whileReading<T>(
  { during }: Pick<ReadOptions, "during">,
  title: string,
  read: () => Promise<T>,
): Promise<T> {
  return during ? during(title, read) : read();
}

/** The states of the chains that answered, and the errors of the others. */
export interface MeshReading {
  readonly chains: MeshState;
  readonly unread: UnreadChains;
}

/** Reads the wiring of all chains in parallel, each at one block. */
export async function readMesh(mesh: Mesh, options: ReadOptions = {}): Promise<MeshState> {
  const { chains, unread } = await readEach(mesh, options);
  const [error] = unread.values();
  if (error) throw error;
  return chains;
}

/**
 * Reads the wiring of every chain that answers.
 * @param unreachable chains that are known not to answer, and why.
 */
export async function readEach(
  mesh: Mesh,
  options: ReadOptions = {},
  unreachable?: UnreadChains,
): Promise<MeshReading> {
  const wiring = await eachThatAnswers(chainsOf(mesh), unreachable, (chain) =>
    whileReading(options, `reading ${chain.name} …`, () => readChain(mesh, chain, options)),
  );
  const home = wiring.read.get(mesh.home.name);
  if (home?.role !== "home") return { chains: wiring.read, unread: wiring.unread };
  const { read: chains, unread } = await eachThatAnswers(
    chainsOf(mesh),
    wiring.unread,
    async (chain): Promise<ChainState> => {
      const state = stateOf(wiring.read, chain);
      if (chain.role !== "satellite" || state.role !== "satellite") return state;
      const firstBroadcast = await whileReading(
        options,
        `looking for the first broadcast to ${chain.name} …`,
        () => readFirstBroadcast(mesh, chain, home, state),
      );
      return firstBroadcast ? { ...state, firstBroadcast } : state;
    },
  );
  return { chains, unread };
}

/** Returns the state of a chain that was read. */
export function stateOf(state: MeshState, chain: HomeChain): HomeState;
export function stateOf(state: MeshState, chain: MeshChain): ChainState;
export function stateOf(state: MeshState, { name }: MeshChain): ChainState {
  const found = state.get(name);
  if (!found) throw new Error(`The state of ${name} was not read.`);
  return found;
}

async function readChain(mesh: Mesh, chain: MeshChain, options: ReadOptions): Promise<ChainState> {
  const { name, provider } = chain;
  const pinned = await pinLatest(name, provider, options.notBefore?.get(name));
  const [common, own] = await Promise.all([
    readCommon(mesh, chain, pinned, options),
    chain.role === "home" ? readHome(chain, pinned, options) : readSatellite(mesh, chain, pinned),
  ]);
  const acceptance = await readAcceptance(chain, pinned, { ...common, ...own });
  return { ...common, ...own, acceptance };
}

async function readHome(chain: HomeChain, pinned: PinnedChain, { store, lag }: ReadOptions) {
  const { proposalSender: sender } = chain.contracts;
  const [controller, broadcaster, proposalSender] = await Promise.all([
    readController(chain, pinned),
    readBroadcaster(chain, pinned),
    sender === undefined ? undefined : readProposalSender(chain, sender, pinned, { store, lag }),
  ]);
  return {
    role: "home",
    controller,
    broadcaster,
    ...(proposalSender && { proposalSender }),
  } as const;
}

async function readSatellite(mesh: Mesh, chain: SatelliteChain, pinned: PinnedChain) {
  const { proposalReceiver: address } = chain.contracts;
  const [receiver, proposalReceiver] = await Promise.all([
    readReceiver(mesh, chain, pinned),
    address === undefined ? undefined : readProposalReceiver(mesh, chain, address, pinned),
  ]);
  return { role: "satellite", receiver, ...(proposalReceiver && { proposalReceiver }) } as const;
}

async function readCommon(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  { store, lag }: ReadOptions,
): Promise<Omit<CommonState, "acceptance">> {
  const declared = grantsOf(mesh, chain);
  const reading = { store, lag };
  const [
    token,
    pool,
    registry,
    minDelay,
    held,
    proposals,
    upgrade,
    drift,
    owners,
    notifier,
    wrappedBridge,
  ] = await Promise.all([
    readToken(chain, pinned),
    readPool(mesh, chain, pinned, reading),
    readRegistry(chain, pinned),
    contractAt.timelock(chain.contracts.timelock, pinned).getMinDelay(),
    readHolders(chain, pinned, reading, declared),
    readPending(chain, pinned, reading),
    readUpgrade(chain, pinned),
    readDrift(mesh, chain, pinned),
    readOwners(chain, pinned),
    readNotifier(chain, pinned),
    readWrappedBridge(mesh, chain, pinned, reading),
  ]);
  return {
    chain: chain.name,
    blockNumber: pinned.blockNumber,
    timestamp: pinned.timestamp,
    token,
    ...(upgrade && { upgrade }),
    pool,
    previousPools: await readPreviousPools(mesh, chain, pinned, registry.pool, held, reading),
    registry,
    owners,
    ...(notifier && { notifier }),
    ...(wrappedBridge && { wrappedBridge }),
    timelock: { minDelay },
    held,
    unexpectedGrants: unexpectedAmong(chain, held, declared),
    drift,
    proposals,
  };
}
