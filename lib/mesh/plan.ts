import { ZeroAddress, id } from "ethers";

import { encodeAddress } from "../ccip/message";

import { abi, ccipAbi } from "./contracts";
import { handover } from "./handover";
import { chainsOf, holderOf, peersOf } from "./mesh";
import type { Mesh, MeshChain, SatelliteChain } from "./mesh";
import { inboundLimit, outboundLimit } from "./schema";
import { stateOf, tokenGrants } from "./state";
import type {
  ChainState,
  DefaultAdminState,
  HomeState,
  MeshState,
  RemoteState,
  SatelliteState,
} from "./state";
import type { Call, Step, StepStatus } from "./step";

const DONE: StepStatus = { kind: "done" };
const TODO: StepStatus = { kind: "todo" };

const when = (done: boolean): StepStatus => (done ? DONE : TODO);

/**
 * Every step from the contracts as deployed to the mesh as declared, in an order in which no
 * half-wired lane ever opens: roles, pairing and remote pools first, then the genesis sync, then the
 * registry learns the pools, then the timelocks take over. Pure: the same state gives the same plan.
 */
export function planMesh(mesh: Mesh, state: MeshState): Step[] {
  const wiring = chainsOf(mesh).flatMap((chain) => {
    const now = stateOf(state, chain);
    return [
      ...roleSteps(mesh, chain, now),
      ...registrationSteps(mesh, chain, now),
      ...poolSteps(mesh, chain, now),
    ];
  });
  const home = homeSteps(mesh, state.home);
  const pairing = mesh.satellites.flatMap((chain) => pairingSteps(mesh, chain, state));
  const genesis = mesh.satellites.map((chain) => genesisStep(mesh, chain, state));
  const opening = chainsOf(mesh).map((chain) =>
    openingStep(mesh, chain, stateOf(state, chain), [...wiring, ...home, ...pairing, ...genesis]),
  );
  const before = [...wiring, ...home, ...pairing, ...genesis, ...opening];
  const handovers = chainsOf(mesh).flatMap((chain) =>
    handoverSteps(mesh, chain, stateOf(state, chain), before),
  );
  return [...before, ...handovers];
}

function call(from: string, to: string, data: string, value = 0n): Call {
  return { from, to, data, value };
}

function roleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { token } = chain.contracts;
  return tokenGrants(mesh, chain).map(({ role, account }) => ({
    id: `${chain.name}/token/${role}`,
    chain: chain.name,
    title: `grant the token's ${role} to ${account}`,
    status: when(now.token.roles[role] ?? false),
    after: [],
    call: call(
      now.token.admin,
      token,
      abi.token.encodeFunctionData("grantRole", [id(role), account]),
    ),
  }));
}

/** The token's administrator in CCIP's registry: first whoever the token names, later the timelock. */
function registrationSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { registry } = now;
  const registered = registry.administrator !== ZeroAddress;
  const { token } = chain.contracts;
  const register: Step = {
    id: `${chain.name}/registry/register`,
    chain: chain.name,
    title: "propose the token's admin to CCIP's token admin registry",
    status: when(registered || registry.pendingAdministrator !== ZeroAddress),
    after: [],
    call: call(
      mesh.deployer,
      chain.ccip.registryModule,
      ccipAbi.registryModule.encodeFunctionData("registerAdminViaGetCCIPAdmin", [token]),
    ),
  };
  const accept: Step = {
    id: `${chain.name}/registry/accept`,
    chain: chain.name,
    title: "accept the administration of the token in the registry",
    status: when(registered),
    after: [register.id],
    call: call(
      mesh.deployer,
      chain.ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("acceptAdminRole", [token]),
    ),
  };
  return [register, accept];
}

/** Who administers the token in the registry, or will: the deployer accepts it in a step before. */
function registrar(mesh: Mesh, { registry }: ChainState): string {
  return registry.administrator === ZeroAddress ? mesh.deployer : registry.administrator;
}

function poolSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { pool } = chain.contracts;
  const admin = holderOf(mesh, "rateLimitAdmin");
  const outbound = outboundLimit(mesh.config);
  const inbound = inboundLimit(mesh.config);
  const remotes = peersOf(mesh, chain).map((peer) => ({
    id: `${chain.name}/pool/remote ${peer.name}`,
    chain: chain.name,
    title: `let the pool exchange tokens with ${peer.name}`,
    status: when(isWired(now.pool.remotes.get(peer.selector), peer)),
    after: [],
    call: call(
      now.pool.owner,
      pool,
      abi.pool.encodeFunctionData("applyChainUpdates", [
        // A chain that the pool knows otherwise is removed and added anew in one transaction.
        now.pool.remotes.has(peer.selector) ? [peer.selector] : [],
        [
          {
            remoteChainSelector: peer.selector,
            remotePoolAddresses: [encodeAddress(peer.contracts.pool)],
            remoteTokenAddress: encodeAddress(peer.contracts.token),
            outboundRateLimiterConfig: outbound,
            inboundRateLimiterConfig: inbound,
          },
        ],
      ]),
    ),
  }));
  const limits = peersOf(mesh, chain).map((peer) => {
    const remote = now.pool.remotes.get(peer.selector);
    const same =
      !isWired(remote, peer) ||
      (sameLimit(remote?.outbound, outbound) && sameLimit(remote?.inbound, inbound));
    return {
      id: `${chain.name}/pool/limits ${peer.name}`,
      chain: chain.name,
      title: `set the rate limits of the lanes from and to ${peer.name}`,
      status: when(same),
      after: [`${chain.name}/pool/remote ${peer.name}`],
      call: call(
        now.pool.owner === mesh.deployer ? mesh.deployer : now.pool.rateLimitAdmin,
        pool,
        abi.pool.encodeFunctionData("setChainRateLimiterConfig", [
          peer.selector,
          outbound,
          inbound,
        ]),
      ),
    };
  });
  return [
    ...remotes,
    ...limits,
    {
      id: `${chain.name}/pool/rate limit admin`,
      chain: chain.name,
      title: `let ${admin} change the pool's rate limits`,
      status: when(now.pool.rateLimitAdmin === admin),
      after: [],
      call: call(now.pool.owner, pool, abi.pool.encodeFunctionData("setRateLimitAdmin", [admin])),
    },
  ];
}

function isWired(remote: RemoteState | undefined, peer: MeshChain): boolean {
  return remote?.token === peer.contracts.token && remote.pools.includes(peer.contracts.pool);
}

function sameLimit(
  a: { isEnabled: boolean; capacity: bigint; rate: bigint } | undefined,
  b: { isEnabled: boolean; capacity: bigint; rate: bigint },
): boolean {
  return a?.isEnabled === b.isEnabled && a.capacity === b.capacity && a.rate === b.rate;
}

function homeSteps(mesh: Mesh, now: HomeState): Step[] {
  const { name, contracts } = mesh.home;
  const grant = (
    contract: "controller" | "broadcaster",
    role: string,
    account: string,
    done: boolean,
  ): Step => ({
    id: `${name}/${contract}/${role}`,
    chain: name,
    title: `grant the ${contract}'s ${role} to ${account}`,
    status: when(done),
    after: [],
    call: call(
      now[contract].admin,
      contracts[contract],
      abi[contract].encodeFunctionData("grantRole", [id(role), account]),
    ),
  });
  const { controller, broadcaster } = now;
  return [
    grant(
      "controller",
      "REBASE_OPERATOR_ROLE",
      holderOf(mesh, "rebaseOperator"),
      controller.operator,
    ),
    grant(
      "broadcaster",
      "TREASURY_SPENDER_ROLE",
      holderOf(mesh, "treasurySpender"),
      broadcaster.spender,
    ),
    grant(
      "broadcaster",
      "TREASURY_WITHDRAWER_ROLE",
      holderOf(mesh, "operations"),
      broadcaster.withdrawer,
    ),
    ...mesh.satellites.map((satellite) => destinationStep(mesh, satellite, now)),
  ];
}

function destinationStep(mesh: Mesh, satellite: SatelliteChain, now: HomeState): Step {
  const known = now.broadcaster.destinations.get(satellite.selector);
  const { receiver } = satellite.contracts;
  const gasLimit = BigInt(mesh.config.broadcaster.gasLimit);
  return {
    id: `${mesh.home.name}/broadcaster/destination ${satellite.name}`,
    chain: mesh.home.name,
    title: `broadcast to ${satellite.name} with ${gasLimit} gas`,
    status: when(known?.receiver === receiver && known.gasLimit === gasLimit),
    after: [],
    call: call(
      now.broadcaster.admin,
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("setDestination", [
        satellite.selector,
        receiver,
        gasLimit,
      ]),
    ),
  };
}

function pairingSteps(mesh: Mesh, chain: SatelliteChain, state: MeshState): Step[] {
  const { receiver } = satelliteState(state, chain);
  const { selector, contracts } = mesh.home;
  return [
    {
      id: `${chain.name}/receiver/source`,
      chain: chain.name,
      title: `listen to the broadcaster of ${mesh.home.name}`,
      status: when(
        receiver.sourceSelector === selector && receiver.broadcaster === contracts.broadcaster,
      ),
      after: [],
      call: call(
        receiver.owner,
        chain.contracts.receiver,
        abi.receiver.encodeFunctionData("setSource", [selector, contracts.broadcaster]),
      ),
    },
  ];
}

/** The first broadcast brings a satellite its index; it takes a commit and an execution to arrive. */
function genesisStep(mesh: Mesh, chain: SatelliteChain, state: MeshState): Step {
  const { broadcaster } = state.home;
  const fee = broadcaster.fees.get(chain.selector);
  return {
    id: `${mesh.home.name}/broadcaster/genesis ${chain.name}`,
    chain: mesh.home.name,
    title: `send ${chain.name} its first index`,
    status: genesisStatus(mesh, chain, state),
    after: [
      `${mesh.home.name}/broadcaster/destination ${chain.name}`,
      `${chain.name}/receiver/source`,
      `${chain.name}/token/REBASER_ROLE`,
    ],
    call: call(
      mesh.deployer,
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("broadcast", [[chain.selector], ZeroAddress]),
      // The fee may move before it is paid, and what is too much comes back.
      ((fee ?? 0n) * 11n) / 10n,
    ),
  };
}

function genesisStatus(mesh: Mesh, chain: SatelliteChain, state: MeshState): StepStatus {
  if (satelliteState(state, chain).token.epoch > 0n) return DONE;
  const { destinations, fees } = state.home.broadcaster;
  const destination = destinations.get(chain.selector);
  if ((destination?.lastEpoch ?? 0n) > 0n) {
    return { kind: "waiting", reason: `CCIP to execute the first broadcast on ${chain.name}` };
  }
  if (destination && !fees.has(chain.selector)) {
    return {
      kind: "waiting",
      reason: `CCIP to quote a fee from ${mesh.home.name} to ${chain.name}: the lane is down`,
    };
  }
  return TODO;
}

/** Naming the pool opens a chain's lanes, so everything else on every chain comes before. */
function openingStep(mesh: Mesh, chain: MeshChain, now: ChainState, before: Step[]): Step {
  const { token, pool } = chain.contracts;
  return {
    id: `${chain.name}/registry/pool`,
    chain: chain.name,
    title: "name the pool in the registry, which opens the chain's lanes",
    status: when(now.registry.pool === pool),
    after: before.map((step) => step.id),
    call: call(
      registrar(mesh, now),
      chain.ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("setPool", [token, pool]),
    ),
  };
}

/** Everything that administers is offered to the timelock, which accepts by a proposal of its own. */
function handoverSteps(mesh: Mesh, chain: MeshChain, now: ChainState, before: Step[]): Step[] {
  const { timelock } = chain.contracts;
  const offers = offerSteps(mesh, chain, now).map((step) => ({
    ...step,
    after: before.map(({ id: stepId }) => stepId),
  }));
  const accepted = administrators(now).every((administrator) => administrator === timelock);
  const operations = holderOf(mesh, "operations");
  const batch = handover(chain);
  const parts = [
    batch.targets,
    batch.values,
    batch.payloads,
    batch.predecessor,
    batch.salt,
  ] as const;
  const propose: Step = {
    id: `${chain.name}/timelock/propose`,
    chain: chain.name,
    title: "propose that the timelock accepts what was offered to it",
    status: when(accepted || now.acceptance.state !== "unset"),
    after: offers.map((step) => step.id),
    call: call(
      operations,
      timelock,
      abi.timelock.encodeFunctionData("scheduleBatch", [
        ...mutable(parts),
        mesh.config.admin.timelockDelay,
      ]),
    ),
  };
  const earliest = [
    now.acceptance.readyAt,
    ...acceptableAfter(now).map((time) => time + 1n),
  ].reduce((a, b) => (a > b ? a : b));
  const execute: Step = {
    id: `${chain.name}/timelock/accept`,
    chain: chain.name,
    title: "let the timelock accept it",
    status: accepted
      ? DONE
      : now.acceptance.state !== "unset" && now.timestamp < earliest
        ? { kind: "waiting", reason: "the delay of the timelock", until: earliest }
        : TODO,
    after: [propose.id],
    call: call(
      operations,
      timelock,
      abi.timelock.encodeFunctionData("executeBatch", mutable(parts)),
    ),
  };
  return [...offers, propose, execute];
}

function offerSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Omit<Step, "after">[] {
  const { timelock, token, pool } = chain.contracts;
  const offer = (name: string, done: boolean, from: string, to: string, data: string) => ({
    id: `${chain.name}/${name}/offer`,
    chain: chain.name,
    title: `offer the ${name} to the timelock`,
    status: when(done),
    call: call(from, to, data),
  });
  const admin = (name: "token" | "controller" | "broadcaster", to: string, of: DefaultAdminState) =>
    offer(
      name,
      of.admin === timelock || of.pendingAdmin === timelock,
      of.admin,
      to,
      abi.token.encodeFunctionData("beginDefaultAdminTransfer", [timelock]),
    );
  const ownership = abi.pool.encodeFunctionData("transferOwnership", [timelock]);
  const everywhere = [
    admin("token", token, now.token),
    offer(
      "pool",
      now.pool.owner === timelock || now.pool.offeredToTimelock,
      now.pool.owner,
      pool,
      ownership,
    ),
    offer(
      "registry",
      now.registry.administrator === timelock || now.registry.pendingAdministrator === timelock,
      registrar(mesh, now),
      chain.ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("transferAdminRole", [token, timelock]),
    ),
  ];
  if (chain.role === "home" && now.role === "home") {
    return [
      ...everywhere,
      admin("controller", chain.contracts.controller, now.controller),
      admin("broadcaster", chain.contracts.broadcaster, now.broadcaster),
    ];
  }
  if (chain.role === "satellite" && now.role === "satellite") {
    const { owner, pendingOwner } = now.receiver;
    return [
      ...everywhere,
      offer(
        "receiver",
        owner === timelock || pendingOwner === timelock,
        owner,
        chain.contracts.receiver,
        ownership,
      ),
    ];
  }
  throw new Error(`The state of ${chain.name} was read as that of a ${now.role}.`);
}

function administrators(now: ChainState): string[] {
  const common = [now.token.admin, now.pool.owner, now.registry.administrator];
  return now.role === "home"
    ? [...common, now.controller.admin, now.broadcaster.admin]
    : [...common, now.receiver.owner];
}

function acceptableAfter(now: ChainState): bigint[] {
  const contracts =
    now.role === "home" ? [now.token, now.controller, now.broadcaster] : [now.token];
  return contracts.map((contract) => contract.acceptableAfter);
}

function satelliteState(state: MeshState, chain: SatelliteChain): SatelliteState {
  const now = stateOf(state, chain);
  if (now.role !== "satellite") throw new Error(`${chain.name} was read as the home.`);
  return now;
}

/** TypeChain's encoders want arrays that they could change. */
function mutable([targets, values, payloads, predecessor, salt]: readonly [
  readonly string[],
  readonly bigint[],
  readonly string[],
  string,
  string,
]): [string[], bigint[], string[], string, string] {
  return [[...targets], [...values], [...payloads], predecessor, salt];
}
