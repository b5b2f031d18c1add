import { ZeroAddress, getAddress, id } from "ethers";
import { z } from "zod";

import {
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RebaseToken__factory,
  RebaseTokenPool__factory,
  TimelockController__factory,
} from "../../typechain-types";
import { readOne } from "../ccip/abi";

import { ccipAbi } from "./contracts";
import { handover } from "./handover";
import { holderOf, peersOf } from "./mesh";
import type { Mesh, MeshChain, SatelliteChain } from "./mesh";
import type { RateLimit } from "./schema";

/** What a pool knows of a remote chain. */
export interface RemoteState {
  /** Addresses of the pools it takes messages from. */
  readonly pools: readonly string[];
  readonly token: string;
  readonly outbound: RateLimit;
  readonly inbound: RateLimit;
}

/** Who administers a contract with AccessControlDefaultAdminRules, and who will. */
export interface DefaultAdminState {
  readonly admin: string;
  readonly pendingAdmin: string;
  /** Unix seconds after which the pending admin may accept; 0 if there is none. */
  readonly acceptableAfter: bigint;
}

interface CommonState {
  readonly chain: string;
  readonly blockNumber: number;
  /** Time of that block, unix seconds. */
  readonly timestamp: bigint;
  readonly token: DefaultAdminState & {
    readonly epoch: bigint;
    /** Role name to whether the account that the mesh names has it. */
    readonly roles: Readonly<Record<string, boolean>>;
  };
  readonly pool: {
    readonly owner: string;
    /** Whether the timelock has been offered the ownership and could accept it. */
    readonly offeredToTimelock: boolean;
    readonly rateLimitAdmin: string;
    /** By selector; a chain that the pool does not know is missing. */
    readonly remotes: ReadonlyMap<bigint, RemoteState>;
  };
  readonly registry: {
    readonly administrator: string;
    readonly pendingAdministrator: string;
    readonly pool: string;
  };
  /** The timelock's proposal to accept everything that was offered to it. */
  readonly acceptance: {
    readonly state: "unset" | "waiting" | "ready" | "done";
    readonly readyAt: bigint;
  };
}

/** The wiring of the home chain as it is. */
export interface HomeState extends CommonState {
  readonly role: "home";
  readonly controller: DefaultAdminState & { readonly operator: boolean };
  readonly broadcaster: DefaultAdminState & {
    readonly spender: boolean;
    readonly withdrawer: boolean;
    /** By selector; an unknown destination is missing. */
    readonly destinations: ReadonlyMap<
      bigint,
      { readonly receiver: string; readonly gasLimit: bigint; readonly lastEpoch: bigint }
    >;
    /** What a broadcast to each destination costs now, in wei of native; missing if it cannot be quoted. */
    readonly fees: ReadonlyMap<bigint, bigint>;
  };
}

/** The wiring of a satellite as it is. */
export interface SatelliteState extends CommonState {
  readonly role: "satellite";
  readonly receiver: {
    readonly owner: string;
    readonly pendingOwner: string;
    readonly sourceSelector: bigint;
    readonly broadcaster: string;
  };
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

/** Reads the wiring of every chain, all chains at once. */
export async function readMesh(mesh: Mesh): Promise<MeshState> {
  const [home, ...satellites] = await Promise.all([
    readHome(mesh),
    ...mesh.satellites.map((chain) => readSatellite(mesh, chain)),
  ]);
  return { home, satellites: new Map(satellites.map((state) => [state.chain, state])) };
}

/** The state of one chain of a mesh. */
export function stateOf(state: MeshState, chain: MeshChain): ChainState {
  if (chain.role === "home") return state.home;
  const satellite = state.satellites.get(chain.name);
  if (!satellite) throw new Error(`The state of ${chain.name} was not read.`);
  return satellite;
}

async function readHome(mesh: Mesh): Promise<HomeState> {
  const chain = mesh.home;
  const { provider, contracts } = chain;
  const controller = RebaseController__factory.connect(contracts.controller, provider);
  const broadcaster = RebaseBroadcaster__factory.connect(contracts.broadcaster, provider);
  const [common, controllerAdmin, operator, broadcasterAdmin, spender, withdrawer, selectors] =
    await Promise.all([
      readCommon(mesh, chain),
      readDefaultAdmin(controller),
      controller.hasRole(id("REBASE_OPERATOR_ROLE"), holderOf(mesh, "rebaseOperator")),
      readDefaultAdmin(broadcaster),
      broadcaster.hasRole(id("TREASURY_SPENDER_ROLE"), holderOf(mesh, "treasurySpender")),
      broadcaster.hasRole(id("TREASURY_WITHDRAWER_ROLE"), holderOf(mesh, "operations")),
      broadcaster.getDestinations(),
    ]);
  const destinations = await Promise.all(
    selectors.map(async (selector) => {
      const [known, { total }] = await Promise.all([
        broadcaster.getDestination(selector),
        broadcaster.quote([selector], ZeroAddress),
      ]);
      return { selector, fee: total, known };
    }),
  );
  return {
    ...common,
    role: "home",
    controller: { ...controllerAdmin, operator },
    broadcaster: {
      ...broadcasterAdmin,
      spender,
      withdrawer,
      destinations: new Map(
        destinations.map(({ selector, known: { receiver, gasLimit, lastEpoch } }) => [
          selector,
          { receiver, gasLimit, lastEpoch },
        ]),
      ),
      fees: new Map(
        destinations.filter(({ fee }) => fee > 0n).map(({ selector, fee }) => [selector, fee]),
      ),
    },
  };
}

async function readSatellite(mesh: Mesh, chain: SatelliteChain): Promise<SatelliteState> {
  const receiver = RebaseReceiver__factory.connect(chain.contracts.receiver, chain.provider);
  const [common, owner, pendingOwner, source] = await Promise.all([
    readCommon(mesh, chain),
    receiver.owner(),
    receiver.pendingOwner(),
    receiver.getSource(),
  ]);
  return {
    ...common,
    role: "satellite",
    receiver: {
      owner,
      pendingOwner,
      sourceSelector: source.selector,
      broadcaster: source.broadcaster,
    },
  };
}

async function readCommon(mesh: Mesh, chain: MeshChain): Promise<CommonState> {
  const { provider, contracts } = chain;
  const token = RebaseToken__factory.connect(contracts.token, provider);
  const grants = tokenGrants(mesh, chain);
  const [block, admin, epoch, granted, pool, registry, acceptance] = await Promise.all([
    provider.getBlock("latest"),
    readDefaultAdmin(token),
    token.epoch(),
    Promise.all(grants.map(({ role, account }) => token.hasRole(id(role), account))),
    readPool(mesh, chain),
    readRegistry(chain),
    readAcceptance(chain),
  ]);
  if (!block) throw new Error(`${chain.name} has no latest block: is its node in sync?`);
  return {
    chain: chain.name,
    blockNumber: block.number,
    timestamp: BigInt(block.timestamp),
    token: {
      ...admin,
      epoch,
      roles: Object.fromEntries(grants.map(({ role }, i) => [role, granted[i] ?? false])),
    },
    pool,
    registry,
    acceptance,
  };
}

/** The roles that a chain's token gives, and to whom. */
export function tokenGrants(mesh: Mesh, chain: MeshChain): { role: string; account: string }[] {
  const everywhere = [
    { role: "BRIDGE_ROLE", account: chain.contracts.pool },
    { role: "GUARDIAN_ROLE", account: holderOf(mesh, "guardian") },
    { role: "UNPAUSER_ROLE", account: holderOf(mesh, "operations") },
  ];
  return chain.role === "home"
    ? [
        ...everywhere,
        { role: "REBASER_ROLE", account: chain.contracts.controller },
        { role: "ISSUER_ROLE", account: holderOf(mesh, "issuer") },
      ]
    : [...everywhere, { role: "REBASER_ROLE", account: chain.contracts.receiver }];
}

async function readPool(mesh: Mesh, chain: MeshChain): Promise<CommonState["pool"]> {
  const pool = RebaseTokenPool__factory.connect(chain.contracts.pool, chain.provider);
  const [owner, rateLimitAdmin, supported, offeredToTimelock] = await Promise.all([
    pool.owner(),
    pool.getRateLimitAdmin(),
    pool.getSupportedChains(),
    mayAcceptOwnership(pool, chain.contracts.timelock),
  ]);
  const known = new Set(supported);
  const remotes = await Promise.all(
    peersOf(mesh, chain)
      .filter(({ selector }) => known.has(selector))
      .map(async ({ selector }): Promise<[bigint, RemoteState]> => {
        const [pools, token, outbound, inbound] = await Promise.all([
          pool.getRemotePools(selector),
          pool.getRemoteToken(selector),
          pool.getCurrentOutboundRateLimiterState(selector),
          pool.getCurrentInboundRateLimiterState(selector),
        ]);
        return [
          selector,
          {
            pools: pools.map(decodeAddress),
            token: decodeAddress(token),
            outbound: rateLimitOf(outbound),
            inbound: rateLimitOf(inbound),
          },
        ];
      }),
  );
  return { owner, offeredToTimelock, rateLimitAdmin, remotes: new Map(remotes) };
}

/** Chainlink's Ownable2Step keeps the offer private, so a call that accepts it is simulated. */
async function mayAcceptOwnership(
  pool: ReturnType<typeof RebaseTokenPool__factory.connect>,
  timelock: string,
): Promise<boolean> {
  try {
    await pool.acceptOwnership.staticCall({ from: timelock });
    return true;
  } catch {
    return false;
  }
}

async function readRegistry({
  ccip,
  contracts,
  provider,
}: MeshChain): Promise<CommonState["registry"]> {
  const registry = { address: ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const { administrator, pendingAdministrator, tokenPool } = await readOne(
    provider,
    registry,
    "getTokenConfig",
    [contracts.token],
    tokenConfig,
  );
  return { administrator, pendingAdministrator, pool: tokenPool };
}

async function readAcceptance(chain: MeshChain): Promise<CommonState["acceptance"]> {
  const timelock = TimelockController__factory.connect(chain.contracts.timelock, chain.provider);
  const operation = handover(chain).operationId;
  const [state, readyAt] = await Promise.all([
    timelock.getOperationState(operation),
    timelock.getTimestamp(operation),
  ]);
  const name = TIMELOCK_STATES[Number(state)];
  if (!name)
    throw new Error(`${chain.name}: the timelock answers with the unknown state ${state}.`);
  return { state: name, readyAt };
}

async function readDefaultAdmin(contract: {
  defaultAdmin(): Promise<string>;
  pendingDefaultAdmin(): Promise<{ newAdmin: string; schedule: bigint }>;
}): Promise<DefaultAdminState> {
  const [admin, { newAdmin, schedule }] = await Promise.all([
    contract.defaultAdmin(),
    contract.pendingDefaultAdmin(),
  ]);
  return { admin, pendingAdmin: newAdmin, acceptableAfter: schedule };
}

function rateLimitOf(bucket: RateLimit): RateLimit {
  return { isEnabled: bucket.isEnabled, capacity: bucket.capacity, rate: bucket.rate };
}

/** An EVM address as CCIP stores remote ones: abi-encoded. Anything else is kept as it is, to be shown. */
function decodeAddress(bytes: string): string {
  if (!/^0x0{24}[0-9a-fA-F]{40}$/.test(bytes)) return bytes;
  return getAddress(`0x${bytes.slice(26)}`);
}
