import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { contractAt } from "../core/abis";

import { broadcasterDrift, readBroadcaster } from "./components/broadcaster";
import type { BroadcasterState } from "./components/broadcaster";
import { controllerDrift, readController } from "./components/controller";
import type { ControllerState } from "./components/controller";
import { readFirstBroadcast } from "./components/firstBroadcast";
import type { FirstBroadcast } from "./components/firstBroadcast";
import { grantsOf, readHolders, rolesHeld, unexpectedAmong } from "./components/grants";
import type { Grant } from "./components/grants";
import { readUpgrade } from "./components/implementation";
import type { TokenUpgrade } from "./components/implementation";
import { poolDrift } from "./components/pool/drift";
import { readPreviousPools } from "./components/pool/previous";
import type { PreviousPool } from "./components/pool/previous";
import { readPool, readPoolLimits } from "./components/pool/state";
import type { PoolLimits, PoolState } from "./components/pool/state";
import { readReceiver, receiverDrift } from "./components/receiver";
import type { ReceiverState } from "./components/receiver";
import { readRegistry } from "./components/registry";
import type { RegistryState } from "./components/registry";
import { readAcceptance } from "./components/timelock/acceptance";
import type { AcceptanceState, HandedOver } from "./components/timelock/acceptance";
import { readPending } from "./components/timelock/pending";
import type { PendingProposal } from "./components/timelock/pending";
import { timelockDrift } from "./components/timelock/timelock";
import type { TimelockState } from "./components/timelock/timelock";
import { readToken, tokenDrift } from "./components/token";
import type { TokenState } from "./components/token";
import type { Drift } from "./drift";

interface CommonState {
  readonly chain: string;
  readonly blockNumber: number;
  /** Time of that block, unix seconds. */
  readonly timestamp: bigint;
  readonly token: TokenState & {
    /** The roles, each with true if all declared accounts have it. */
    readonly roles: Readonly<Record<string, boolean>>;
  };
  /** Present while the token runs an older implementation than the newest recorded one. */
  readonly upgrade?: TokenUpgrade;
  readonly pool: PoolState;
  /** Pools of the token other than the newest one; empty unless one was replaced. */
  readonly previousPools: readonly PreviousPool[];
  readonly registry: RegistryState;
  readonly timelock: TimelockState;
  /** Every role of every account. */
  readonly held: readonly Grant[];
  /** The grants that the mesh does not declare. */
  readonly unexpectedGrants: readonly Grant[];
  /** Differences that no transaction of a plan can fix. */
  readonly drift: readonly Drift[];
  /** Every proposal to the timelock, by any proposer, that may still be executed. */
  readonly proposals: readonly PendingProposal[];
  /** The timelock's proposal to accept the administrations that were offered to it. */
  readonly acceptance: AcceptanceState;
}

export interface HomeState extends CommonState {
  readonly role: "home";
  readonly controller: ControllerState;
  readonly broadcaster: BroadcasterState;
}

export interface SatelliteState extends CommonState {
  readonly role: "satellite";
  readonly receiver: ReceiverState;
  /** The broadcast with its first index; present from when it is found until it has succeeded. */
  readonly firstBroadcast?: FirstBroadcast;
}

export type ChainState = HomeState | SatelliteState;

export interface MeshState {
  readonly home: HomeState;
  readonly satellites: ReadonlyMap<string, SatelliteState>;
}

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

/** The states of the chains that answered, and the errors of the others, by network name. */
export interface MeshReading {
  readonly chains: ReadonlyMap<string, ChainState>;
  readonly unread: ReadonlyMap<string, Error>;
}

/** Reads the wiring of all chains in parallel, each at one block. */
export async function readMesh(mesh: Mesh, options: ReadOptions = {}): Promise<MeshState> {
  const { chains, unread } = await readEach(mesh, options);
  const [error] = unread.values();
  if (error) throw error;
  const states = [...chains.values()];
  const home = states.find((state) => state.role === "home");
  if (!home) throw new Error(`The state of ${mesh.home.name} was not read.`);
  const satellites = states.filter((state) => state.role === "satellite");
  return { home, satellites: new Map(satellites.map((state) => [state.chain, state])) };
}

/**
 * Reads the wiring of every chain that answers.
 * @param unreachable chains that are known not to answer, and why.
 */
export async function readEach(
  mesh: Mesh,
  options: ReadOptions = {},
  unreachable: ReadonlyMap<string, Error> = new Map(),
): Promise<MeshReading> {
  const chains = new Map<string, ChainState>();
  const unread = new Map(unreachable);
  const keeping = async ({ name }: MeshChain, read: () => Promise<ChainState>) => {
    if (unread.has(name)) return;
    try {
      chains.set(name, await read());
    } catch (error) {
      unread.set(name, error instanceof Error ? error : new Error(String(error)));
      chains.delete(name);
    }
  };
  await Promise.all(
    chainsOf(mesh).map((chain) =>
      keeping(chain, () =>
        whileReading(options, `reading ${chain.name} …`, () => readChain(mesh, chain, options)),
      ),
    ),
  );
  const home = chains.get(mesh.home.name);
  if (home?.role !== "home") return { chains, unread };
  await Promise.all(
    mesh.satellites.map(async (chain) => {
      const state = chains.get(chain.name);
      if (state?.role !== "satellite") return;
      await keeping(chain, () => withFirstBroadcast(mesh, chain, home, state, options));
    }),
  );
  return { chains, unread };
}

async function withFirstBroadcast(
  mesh: Mesh,
  chain: SatelliteChain,
  home: HomeState,
  state: SatelliteState,
  options: ReadOptions,
): Promise<SatelliteState> {
  const firstBroadcast = await whileReading(
    options,
    `looking for the first broadcast to ${chain.name} …`,
    () => readFirstBroadcast(mesh, chain, home, state),
  );
  return firstBroadcast ? { ...state, firstBroadcast } : state;
}

export function stateOf(state: MeshState, chain: MeshChain): ChainState {
  if (chain.role === "home") return state.home;
  const satellite = state.satellites.get(chain.name);
  if (!satellite) throw new Error(`The state of ${chain.name} was not read.`);
  return satellite;
}

/** Returns the state of every chain of a mesh, by network name. */
export function statesOf(mesh: Mesh, state: MeshState): Map<string, ChainState> {
  return new Map(chainsOf(mesh).map((chain) => [chain.name, stateOf(state, chain)]));
}

/** Reads the limits of one chain's pool only: fast even on slow endpoints. */
export async function readLimits(
  mesh: Mesh,
  chain: MeshChain,
  options: ReadOptions = {},
): Promise<PoolLimits> {
  return readPoolLimits(mesh, chain, await pinChain(chain, options));
}

function pinChain({ name, provider }: MeshChain, { notBefore }: ReadOptions): Promise<PinnedChain> {
  return pinLatest(name, provider, notBefore?.get(name));
}

async function readChain(mesh: Mesh, chain: MeshChain, options: ReadOptions): Promise<ChainState> {
  const pinned = await pinChain(chain, options);
  if (chain.role === "home") {
    const [controller, broadcaster, ...drift] = await Promise.all([
      readController(chain, pinned),
      readBroadcaster(mesh, pinned),
      controllerDrift(chain, pinned),
      broadcasterDrift(chain, pinned),
    ]);
    const common = await readCommon(mesh, chain, pinned, options, {
      drift: drift.flat(),
      administrators: { controller: controller.admin, broadcaster: broadcaster.admin },
    });
    return { ...common, role: "home", controller, broadcaster };
  }
  const [receiver, drift] = await Promise.all([
    readReceiver(mesh, chain, pinned),
    receiverDrift(chain, pinned),
  ]);
  const common = await readCommon(mesh, chain, pinned, options, {
    drift,
    administrators: { receiver: receiver.owner },
  });
  return { ...common, role: "satellite", receiver };
}

/** The state of the contracts that only home, or only a satellite, has. */
interface OfRole {
  readonly drift: readonly Drift[];
  readonly administrators: Partial<Record<HandedOver, string>>;
}

async function readCommon(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  { store, lag }: ReadOptions,
  ofRole: OfRole,
): Promise<CommonState> {
  const { timelock } = chain.contracts;
  const declared = grantsOf(mesh, chain);
  const reading = { store, lag };
  const [token, pool, registry, minDelay, held, proposals, upgrade, ...drift] = await Promise.all([
    readToken(chain, pinned),
    readPool(mesh, chain, pinned, reading),
    readRegistry(chain, pinned),
    contractAt.timelock(timelock, pinned).getMinDelay(),
    readHolders(chain, pinned, reading, declared),
    readPending(chain, pinned, reading),
    readUpgrade(chain, pinned),
    tokenDrift(mesh, chain, pinned),
    poolDrift(mesh, chain, pinned),
    timelockDrift(chain, pinned),
  ]);
  const administrators: Partial<Record<HandedOver, string>> = {
    token: token.admin,
    pool: pool.owner,
    registry: registry.administrator,
    ...ofRole.administrators,
  };
  const missing = (Object.keys(administrators) as HandedOver[]).filter(
    (part) => administrators[part] !== timelock,
  );
  const [previousPools, acceptance] = await Promise.all([
    readPreviousPools(chain, pinned, {
      peers: peersOf(mesh, chain),
      registered: registry.pool,
      held,
      reading,
    }),
    readAcceptance(chain, pinned, new Set(missing)),
  ]);
  return {
    chain: chain.name,
    blockNumber: pinned.blockNumber,
    timestamp: pinned.timestamp,
    token: { ...token, roles: rolesHeld("token", held, declared) },
    ...(upgrade && { upgrade }),
    pool,
    previousPools,
    registry,
    timelock: { minDelay, roles: rolesHeld("timelock", held, declared) },
    held,
    unexpectedGrants: unexpectedAmong(chain, held, declared),
    drift: [...drift.flat(), ...ofRole.drift].filter(({ found, expected }) => found !== expected),
    proposals,
    acceptance,
  };
}
