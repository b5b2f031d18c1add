import { ZeroAddress } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import type { RebaseTokenPool } from "../../typechain-types";
import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";
import { readCurse } from "../ccip/rmn";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

import { readBuckets, readLanePermissions, readPoolConfig } from "./components/pool";
import type { LanePermissions, PoolBuckets, PoolConfig, PoolGeneration } from "./components/pool";
import { readUpgrade } from "./components/implementation";
import type { TokenUpgrade } from "./components/implementation";
import { abi, ccipAbi, contractAt } from "../core/abis";
import { readDrift } from "./drift";
import type { Drift } from "./drift";
import { readFirstBroadcast } from "./firstBroadcast";
import type { FirstBroadcast } from "./firstBroadcast";
import { readPreviousPools } from "./previousPools";
import type { PreviousPool } from "./previousPools";
import { grantsOf, readHolders, sameGrant } from "./grants";
import type { Grant, RoleGiver } from "./grants";
import { handover } from "./handover";
import type { HandedOver } from "./handover";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { readPending } from "./pending";
import type { PendingProposal } from "./pending";
import { decodeAddress, readRemotes } from "./remotes";
import type { RemoteState } from "./remotes";
import { readReceiverRouters } from "./routers";
import type { ReceiverRouters } from "./routers";
import { isContractError } from "../core/revert/contractError";

/** What a pool lets leave and arrive, and who may change that. */
export interface PoolLimits {
  readonly chain: string;
  readonly blockNumber: number;
  readonly generation: PoolGeneration;
  readonly owner: string;
  readonly rateLimitAdmin: string;
  /** By selector; a chain that the pool does not know is missing. */
  readonly remotes: ReadonlyMap<bigint, PoolBuckets & { readonly permissions?: LanePermissions }>;
}

/** Who administers a contract with AccessControlDefaultAdminRules, and who will. */
export interface DefaultAdminState {
  readonly admin: string;
  readonly pendingAdmin: string;
  /** Unix seconds after which the pending admin may accept; 0 if there is none. */
  readonly acceptableAfter: bigint;
  /** Seconds that a hand-over of the admin takes. */
  readonly delay: bigint;
  /** A change of that delay on its way, if there is one: to how many seconds, and when it counts. */
  readonly pendingDelay?: { readonly delay: bigint; readonly from: bigint };
}

/** The bounds of a rebase: factors in 1e27, times in seconds. */
export interface ControllerConfig {
  readonly minGrowthFactor: bigint;
  readonly maxGrowthFactor: bigint;
  readonly minInterval: bigint;
  readonly delay: bigint;
  readonly maxDelay: bigint;
}

/** How far a proposal to a timelock is. */
export interface OperationState {
  readonly state: "unset" | "waiting" | "ready" | "done";
  /** When it may be executed, unix seconds; 0 unless it was proposed. */
  readonly readyAt: bigint;
}

interface CommonState {
  readonly chain: string;
  readonly blockNumber: number;
  /** Time of that block, unix seconds. */
  readonly timestamp: bigint;
  readonly token: DefaultAdminState & {
    readonly epoch: bigint;
    /** In shares per token unit, `next` from `effectiveAt` (unix seconds) on; zeros until the first sync. */
    readonly index: {
      readonly current: bigint;
      readonly next: bigint;
      readonly effectiveAt: bigint;
    };
    readonly paused: boolean;
    /** Role name to whether the account that the mesh names has it. */
    readonly roles: Readonly<Record<string, boolean>>;
  };
  /** There while the token runs an older implementation than the newest on record. */
  readonly upgrade?: TokenUpgrade;
  readonly pool: PoolConfig & {
    readonly owner: string;
    /** Whether the timelock has been offered the ownership and could accept it. */
    readonly offeredToTimelock: boolean;
    /** Somebody else whom the ownership was offered to, and who could accept it. */
    readonly offeredToThirdParty?: string;
    /** Selectors of chains that the pool exchanges tokens with, and that are not in the mesh. */
    readonly thirdParties: readonly bigint[];
    /** By selector; a chain that the pool does not know is missing. */
    readonly remotes: ReadonlyMap<bigint, RemoteState>;
  };
  /** Pools of the token beside the one that is deployed last; none unless one was replaced. */
  readonly previousPools: readonly PreviousPool[];
  readonly registry: {
    readonly administrator: string;
    readonly pendingAdministrator: string;
    readonly pool: string;
  };
  readonly timelock: {
    /** Seconds. */
    readonly minDelay: bigint;
    /** Role name to whether every account that the mesh names has it. */
    readonly roles: Readonly<Record<string, boolean>>;
  };
  /** Every role that somebody has. */
  readonly held: readonly Grant[];
  /** Those of accounts that the mesh does not name for them. */
  readonly unexpectedGrants: readonly Grant[];
  /** What no transaction of a plan can mend. */
  readonly drift: readonly Drift[];
  /** Everything that was proposed to the timelock, by whomever, and may still be executed. */
  readonly proposals: readonly PendingProposal[];
  /** The timelock's proposal to accept everything that was offered to it. */
  readonly acceptance: OperationState & {
    /** How often the same proposal was executed before. */
    readonly number: number;
  };
}

/** The wiring of the home chain as it is. */
export interface HomeState extends CommonState {
  readonly role: "home";
  readonly controller: DefaultAdminState & {
    readonly config: ControllerConfig;
  };
  readonly broadcaster: DefaultAdminState & {
    readonly router: string;
    /** By selector; an unknown destination is missing. */
    readonly destinations: ReadonlyMap<
      bigint,
      {
        readonly receiver: string;
        readonly gasLimit: bigint;
        /** The epoch sent last, 0 if none, and the message that it was sent in. */
        readonly lastEpoch: bigint;
        readonly lastMessageId: string;
      }
    >;
    /** What the treasury's spender may spend a day, in wei of each fee token. */
    readonly treasuryBudgetPerDay: { readonly native: bigint; readonly link: bigint };
    /** Selectors of destinations that are not in the mesh. */
    readonly thirdParties: readonly bigint[];
    /** What a broadcast to each destination costs now, in wei of native; missing if it cannot be quoted. */
    readonly fees: ReadonlyMap<bigint, bigint>;
  };
}

/** The wiring of a satellite as it is. */
export interface SatelliteState extends CommonState {
  readonly role: "satellite";
  readonly receiver: ReceiverRouters & {
    readonly owner: string;
    readonly pendingOwner: string;
    readonly sourceSelector: bigint;
    readonly broadcaster: string;
  };
  /** What became of the broadcast that brings its first index; there while it is known and has not. */
  readonly firstBroadcast?: FirstBroadcast;
}

export type ChainState = HomeState | SatelliteState;

/** The wiring of a whole mesh as it is. */
export interface MeshState {
  readonly home: HomeState;
  readonly satellites: ReadonlyMap<string, SatelliteState>;
}

const TIMELOCK_STATES = ["unset", "waiting", "ready", "done"] as const;

const tokenConfig = z.object({
  administrator: z.string(),
  pendingAdministrator: z.string(),
  tokenPool: z.string(),
});

/** How the wiring is read. */
export interface ReadOptions {
  /** Blocks by network name before which nothing is read: what was mined there is known already. */
  readonly notBefore?: ReadonlyMap<string, number>;
  /** Where logs that were read once are kept. */
  readonly store?: LogStore;
  /** Told of everything that may take long to read; its title names the chain. */
  during?<T>(title: string, read: () => Promise<T>): Promise<T>;
}

/** Reads something, and tells of it if somebody wants to know. */
export function whileReading<T>(
  { during }: Pick<ReadOptions, "during">,
  title: string,
  read: () => Promise<T>,
): Promise<T> {
  return during ? during(title, read) : read();
}

/** What could be read of a mesh: every chain's state, or why there is none; by network name. */
export interface MeshReading {
  readonly chains: ReadonlyMap<string, ChainState>;
  readonly unread: ReadonlyMap<string, Error>;
}

/** Reads the wiring of every chain, all chains at once, each at one block. */
export async function readMesh(mesh: Mesh, options: ReadOptions = {}): Promise<MeshState> {
  const [home, ...satellites] = await Promise.all([
    readHome(mesh, options),
    ...mesh.satellites.map((chain) => readSatellite(mesh, chain, options)),
  ]);
  const told = await Promise.all(
    satellites.map((state, i) =>
      withFirstBroadcast(mesh, mesh.satellites[i], home, state, options),
    ),
  );
  return { home, satellites: new Map(told.map((state) => [state.chain, state])) };
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
  const keeping = async (name: string, read: () => Promise<ChainState>) => {
    if (unread.has(name)) return;
    try {
      chains.set(name, await read());
    } catch (error) {
      unread.set(name, error instanceof Error ? error : new Error(String(error)));
      chains.delete(name);
    }
  };
  await Promise.all([
    keeping(mesh.home.name, () => readHome(mesh, options)),
    ...mesh.satellites.map((chain) =>
      keeping(chain.name, () => readSatellite(mesh, chain, options)),
    ),
  ]);
  const home = chains.get(mesh.home.name);
  if (home?.role !== "home") return { chains, unread };
  await Promise.all(
    mesh.satellites.map(async (chain) => {
      const state = chains.get(chain.name);
      if (state?.role !== "satellite") return;
      await keeping(chain.name, () => withFirstBroadcast(mesh, chain, home, state, options));
    }),
  );
  return { chains, unread };
}

async function withFirstBroadcast(
  mesh: Mesh,
  chain: SatelliteChain | undefined,
  home: HomeState,
  state: SatelliteState,
  options: ReadOptions,
): Promise<SatelliteState> {
  const firstBroadcast =
    chain &&
    (await whileReading(options, `looking for the first broadcast to ${chain.name} …`, () =>
      readFirstBroadcast(mesh, chain, home, state),
    ));
  return firstBroadcast ? { ...state, firstBroadcast } : state;
}

/** The state of one chain of a mesh. */
export function stateOf(state: MeshState, chain: MeshChain): ChainState {
  if (chain.role === "home") return state.home;
  const satellite = state.satellites.get(chain.name);
  if (!satellite) throw new Error(`The state of ${chain.name} was not read.`);
  return satellite;
}

/** The state of every chain of a mesh, by network name. */
export function statesOf(mesh: Mesh, state: MeshState): Map<string, ChainState> {
  return new Map(chainsOf(mesh).map((chain) => [chain.name, stateOf(state, chain)]));
}

function readHome(mesh: Mesh, options: ReadOptions): Promise<HomeState> {
  return whileReading(options, readingTitle(mesh.home), () => homeState(mesh, options));
}

function readSatellite(
  mesh: Mesh,
  chain: SatelliteChain,
  options: ReadOptions,
): Promise<SatelliteState> {
  return whileReading(options, readingTitle(chain), () => satelliteState(mesh, chain, options));
}

function readingTitle({ name }: MeshChain): string {
  return `reading ${name} …`;
}

async function homeState(mesh: Mesh, options: ReadOptions): Promise<HomeState> {
  const chain = mesh.home;
  const { contracts } = chain;
  const pinned = await pinChain(chain, options);
  const controller = contractAt.controller(contracts.controller, pinned);
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const [controllerAdmin, config, broadcasterAdmin, router, selectors, native, link] =
    await Promise.all([
      readDefaultAdmin(controller),
      controller.getConfig(),
      readDefaultAdmin(broadcaster),
      broadcaster.getRouter(),
      broadcaster.getDestinations(),
      broadcaster.getTreasuryBudget(ZeroAddress),
      broadcaster.getTreasuryBudget(chain.ccip.link),
    ]);
  const [common, destinations] = await Promise.all([
    readCommon(mesh, chain, pinned, options, [
      ["controller", controllerAdmin.admin],
      ["broadcaster", broadcasterAdmin.admin],
    ]),
    Promise.all(
      selectors.map(async (selector) => {
        const [known, fee] = await Promise.all([
          broadcaster.getDestination(selector),
          feeOf(chain, pinned, selector),
        ]);
        return { selector, fee, known };
      }),
    ),
  ]);
  const members = new Set(mesh.satellites.map(({ selector }) => selector));
  const { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay } = config;
  return {
    ...common,
    role: "home",
    controller: {
      ...controllerAdmin,
      config: { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay },
    },
    broadcaster: {
      ...broadcasterAdmin,
      router,
      destinations: new Map(
        destinations.map(({ selector, known }) => {
          const { receiver, gasLimit, lastEpoch, lastMessageId } = known;
          return [selector, { receiver, gasLimit, lastEpoch, lastMessageId }];
        }),
      ),
      treasuryBudgetPerDay: { native: native.perDay, link: link.perDay },
      thirdParties: [...selectors].filter((selector) => !members.has(selector)),
      fees: new Map(
        destinations.filter(({ fee }) => fee > 0n).map(({ selector, fee }) => [selector, fee]),
      ),
    },
  };
}

/** Returns what a broadcast costs in wei of native; 0 when nobody says, or on a cursed lane, which CCIP 2.0 quotes too. */
async function feeOf(
  { ccip, contracts }: HomeChain,
  pinned: PinnedChain,
  selector: bigint,
): Promise<bigint> {
  if (await readCurse(pinned, ccip.rmnProxy, selector)) return 0n;
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  try {
    return (await broadcaster.quote([selector], ZeroAddress)).total;
  } catch (error) {
    if (isContractError(error)) return 0n;
    throw error;
  }
}

async function satelliteState(
  mesh: Mesh,
  chain: SatelliteChain,
  options: ReadOptions,
): Promise<SatelliteState> {
  const pinned = await pinChain(chain, options);
  const receiver = contractAt.receiver(chain.contracts.receiver, pinned);
  const [owner, pendingOwner, source, routers] = await Promise.all([
    receiver.owner(),
    receiver.pendingOwner(),
    receiver.getSource(),
    readReceiverRouters(chain, pinned, mesh.home.selector),
  ]);
  return {
    ...(await readCommon(mesh, chain, pinned, options, [["receiver", owner]])),
    role: "satellite",
    receiver: {
      ...routers,
      owner,
      pendingOwner,
      sourceSelector: source.selector,
      broadcaster: source.broadcaster,
    },
  };
}

function pinChain({ name, provider }: MeshChain, { notBefore }: ReadOptions): Promise<PinnedChain> {
  return pinLatest(name, provider, notBefore?.get(name));
}

async function readCommon(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  { store }: ReadOptions,
  others: readonly [part: HandedOver, administrator: string][],
): Promise<CommonState> {
  const token = contractAt.token(chain.contracts.token, pinned);
  const timelock = contractAt.timelock(chain.contracts.timelock, pinned);
  const grants = grantsOf(mesh, chain);
  const [admin, index, paused, pool, registry, minDelay, held, drift, proposals, upgrade] =
    await Promise.all([
      readDefaultAdmin(token),
      token.indexState(),
      token.paused(),
      readPool(mesh, chain, pinned, store),
      readRegistry(chain, pinned),
      timelock.getMinDelay(),
      readHolders(chain, pinned, store, grants),
      readDrift(mesh, chain, pinned),
      readPending(chain, pinned, store),
      readUpgrade(chain, pinned),
    ]);
  const previousPools = await readPreviousPools(chain, pinned, {
    peers: peersOf(mesh, chain),
    registered: registry.pool,
    holders: held,
    ...(store && { store }),
  });
  const missing = (
    [
      ["token", admin.admin],
      ["pool", pool.owner],
      ["registry", registry.administrator],
      ...others,
    ] satisfies [HandedOver, string][]
  )
    .filter(([, administrator]) => administrator !== chain.contracts.timelock)
    .map(([part]) => part);
  const rolesOf = (giver: RoleGiver) =>
    Object.fromEntries(
      grants
        .filter(({ contract }) => contract === giver)
        .map(({ role }) => [
          role,
          grants
            .filter((grant) => grant.contract === giver && grant.role === role)
            .every((grant) => held.some((holder) => sameGrant(holder, grant))),
        ]),
    );
  return {
    chain: chain.name,
    blockNumber: pinned.blockNumber,
    timestamp: pinned.timestamp,
    token: {
      ...admin,
      epoch: index.epoch_,
      index: { current: index.current, next: index.next, effectiveAt: index.effectiveAt },
      paused,
      roles: rolesOf("token"),
    },
    ...(upgrade && { upgrade }),
    pool,
    previousPools,
    registry,
    timelock: { minDelay, roles: rolesOf("timelock") },
    held,
    unexpectedGrants: unexpectedGrantsAmong(chain, held, grants),
    drift,
    proposals,
    acceptance: await readAcceptance(chain, pinned, new Set(missing)),
  };
}

/** Roles that the mesh does not give. Who administers a contract is told elsewhere. */
function unexpectedGrantsAmong(
  chain: MeshChain,
  holders: readonly Grant[],
  declared: readonly Grant[],
): Grant[] {
  return holders.filter(({ contract, role, account }) => {
    if (role === "DEFAULT_ADMIN_ROLE") {
      return contract === "timelock" && account !== chain.contracts.timelock;
    }
    return !declared.some((grant) => sameGrant(grant, { contract, role, account }));
  });
}

async function readPool(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  store: LogStore | undefined,
): Promise<CommonState["pool"]> {
  const { timelock } = chain.contracts;
  const pool = contractAt.pool(chain.contracts.pool, pinned);
  const { pool: address } = chain.contracts;
  const [owner, config, supported, offeredToTimelock, offeredTo] = await Promise.all([
    pool.owner(),
    readPoolConfig(pinned, address),
    pool.getSupportedChains(),
    mayAcceptOwnership(pool, timelock),
    lastOffer(chain, pinned, store),
  ]);
  const offeredToThirdParty =
    offeredTo !== undefined && offeredTo !== timelock && (await mayAcceptOwnership(pool, offeredTo))
      ? offeredTo
      : undefined;
  const peers = peersOf(mesh, chain);
  const { generation } = config;
  const remotes = await readRemotes({ address, generation }, pinned, peers, supported);
  const members = new Set(peers.map(({ selector }) => selector));
  return {
    owner,
    offeredToTimelock,
    ...(offeredToThirdParty !== undefined && { offeredToThirdParty }),
    ...config,
    thirdParties: [...supported].filter((selector) => !members.has(selector)),
    remotes,
  };
}

/** Reads the limits of one chain's pool, and nothing else: soon done, also where endpoints are slow. */
export async function readLimits(
  mesh: Mesh,
  chain: MeshChain,
  options: ReadOptions = {},
): Promise<PoolLimits> {
  const pinned = await pinChain(chain, options);
  const pool = contractAt.pool(chain.contracts.pool, pinned);
  const { pool: address } = chain.contracts;
  const [owner, { generation, rateLimitAdmin }, supported] = await Promise.all([
    pool.owner(),
    readPoolConfig(pinned, address),
    pool.getSupportedChains(),
  ]);
  const known = new Set(supported);
  const remotes = await Promise.all(
    peersOf(mesh, chain)
      .filter(({ selector }) => known.has(selector))
      .map(async ({ selector }) => {
        const [buckets, permissions] = await Promise.all([
          readBuckets(pinned, address, selector, generation),
          generation === 2 ? readLanePermissions(pinned, address, selector) : undefined,
        ]);
        return [selector, { ...buckets, ...(permissions && { permissions }) }] as const;
      }),
  );
  return {
    chain: chain.name,
    blockNumber: pinned.blockNumber,
    generation,
    owner,
    rateLimitAdmin,
    remotes: new Map(remotes),
  };
}

/** Chainlink's Ownable2Step keeps the offer private, so a call that accepts it is simulated. */
async function mayAcceptOwnership(pool: RebaseTokenPool, account: string): Promise<boolean> {
  try {
    await pool.acceptOwnership.staticCall({ from: account });
    return true;
  } catch (error) {
    if (isContractError(error)) return false;
    throw error;
  }
}

/** The last account that the ownership of a chain's pool was offered to. */
async function lastOffer(
  { chainId, contracts, provider, deployedAt = 0 }: MeshChain,
  pinned: PinnedChain,
  store: LogStore | undefined,
): Promise<string | undefined> {
  const range = {
    address: contracts.pool,
    topics: [abi.pool.getEvent("OwnershipTransferRequested").topicHash],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-offers-${contracts.pool}`;
  const logs = await readLogsThrough(provider, range, { store, key });
  const to = logs.at(-1)?.topics[2];
  // An offer is taken back by offering to nobody.
  const account = to === undefined ? ZeroAddress : decodeAddress(to);
  return account === ZeroAddress ? undefined : account;
}

async function readRegistry(
  { ccip, contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<CommonState["registry"]> {
  const registry = { address: ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const { administrator, pendingAdministrator, tokenPool } = await readOne(
    pinned,
    registry,
    "getTokenConfig",
    [contracts.token],
    tokenConfig,
  );
  return { administrator, pendingAdministrator, pool: tokenPool };
}

async function readAcceptance(
  chain: MeshChain,
  pinned: PinnedChain,
  missing: ReadonlySet<HandedOver>,
): Promise<CommonState["acceptance"]> {
  // When nothing is missing, the proposal that took over everything is the one to tell of.
  if (missing.size === 0) {
    return { ...(await readOperation(chain, pinned, handover(chain).operationId)), number: 0 };
  }
  // Powers may have been handed over before: then that proposal is done, and the next one is numbered.
  for (let number = 0; ; number++) {
    const { operationId } = handover(chain, missing, number);
    const operation = await readOperation(chain, pinned, operationId);
    if (operation.state !== "done") return { ...operation, number };
  }
}

/** How far a proposal to a chain's timelock is. */
export async function readOperation(
  chain: MeshChain,
  pinned: PinnedChain,
  operationId: string,
): Promise<OperationState> {
  const timelock = contractAt.timelock(chain.contracts.timelock, pinned);
  const [state, readyAt] = await Promise.all([
    timelock.getOperationState(operationId),
    timelock.getTimestamp(operationId),
  ]);
  const name = TIMELOCK_STATES[Number(state)];
  if (!name)
    throw new Error(`${chain.name}: the timelock answers with the unknown state ${state}.`);
  return { state: name, readyAt };
}

async function readDefaultAdmin(contract: {
  defaultAdmin(): Promise<string>;
  pendingDefaultAdmin(): Promise<{ newAdmin: string; schedule: bigint }>;
  defaultAdminDelay(): Promise<bigint>;
  pendingDefaultAdminDelay(): Promise<{ newDelay: bigint; schedule: bigint }>;
}): Promise<DefaultAdminState> {
  const [admin, { newAdmin, schedule }, delay, pending] = await Promise.all([
    contract.defaultAdmin(),
    contract.pendingDefaultAdmin(),
    contract.defaultAdminDelay(),
    contract.pendingDefaultAdminDelay(),
  ]);
  return {
    admin,
    pendingAdmin: newAdmin,
    acceptableAfter: schedule,
    delay,
    ...(pending.schedule > 0n && {
      pendingDelay: { delay: pending.newDelay, from: pending.schedule },
    }),
  };
}
