import { ZeroAddress } from "ethers";

import { abi, ccipAbi } from "../../core/abis";
import { handover } from "../handover";
import type { HandedOver } from "../handover";
import { holderOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { ChainState, DefaultAdminState } from "../state";
import type { Call, Step, StepStatus } from "../step";

import { DONE, TO_DO, call, change, when, who } from "./stepBuilders";
import { registryCall } from "./registry";

/** How long powers take to change hands, as declared. */
export function delaySteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { timelock } = chain.contracts;
  const { handoverDelay, timelockDelay } = mesh.config.admin;
  return [
    {
      id: `${chain.name}/timelock/delay`,
      chain: chain.name,
      title: `let the timelock make proposals wait ${timelockDelay} s`,
      changes: [change("delay", `${now.timelock.minDelay} s`, `${timelockDelay} s`)],
      status: when(now.timelock.minDelay === BigInt(timelockDelay)),
      after: [],
      call: call(
        timelock,
        "the timelock itself",
        timelock,
        abi.timelock.encodeFunctionData("updateDelay", [timelockDelay]),
      ),
    },
    ...defaultAdmins(chain, now).map(([name, address, { admin, delay, pendingDelay }]): Step => ({
      id: `${chain.name}/${name}/handover delay`,
      chain: chain.name,
      title: `let a hand-over of the ${name}'s default admin take ${handoverDelay} s`,
      changes: [
        change("hand-over delay", `${pendingDelay?.delay ?? delay} s`, `${handoverDelay} s`),
      ],
      status: delayStatus(now, BigInt(handoverDelay), delay, pendingDelay),
      after: [],
      call: call(
        admin,
        `default admin of the ${name}`,
        address,
        // Taking back a change on its way would be another call as soon as that change counts.
        abi.token.encodeFunctionData("changeDefaultAdminDelay", [handoverDelay]),
      ),
    })),
  ];
}

function delayStatus(
  now: ChainState,
  declared: bigint,
  delay: bigint,
  pending: DefaultAdminState["pendingDelay"],
): StepStatus {
  // A change whose time has come counts, though the contract writes it down later.
  if (!pending || pending.from < now.timestamp) {
    return when((pending?.delay ?? delay) === declared);
  }
  if (pending.delay !== declared) return TO_DO;
  return { kind: "waiting", reason: "the delay of a changed delay", until: pending.from };
}

/** Everything that administers is offered to the timelock, which accepts by a proposal of its own. */
export function handoverSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  before: readonly Step[],
): Step[] {
  const { timelock } = chain.contracts;
  const offers = offerSteps(chain, now).map((step) => ({
    ...step,
    after: before.map(({ id }) => id),
  }));
  const missing = partsMissing(chain, now);
  const accepted = missing.size === 0;
  const batch = handover(chain, accepted ? undefined : missing, now.acceptance.number);
  const parts: [string[], bigint[], string[], string, string] = [
    [...batch.targets],
    [...batch.values],
    [...batch.payloads],
    batch.predecessor,
    batch.salt,
  ];
  const propose: Step = {
    id: `${chain.name}/timelock/propose`,
    chain: chain.name,
    title: "propose that the timelock accepts what was offered to it",
    changes: [change("proposal", "none", `accept ${[...missing].join(", ")}`)],
    status: when(accepted || now.acceptance.state !== "unset"),
    after: offers.map(({ id }) => id),
    call: call(
      accountWith(mesh, chain, now, "PROPOSER_ROLE"),
      "PROPOSER_ROLE of the timelock",
      timelock,
      abi.timelock.encodeFunctionData("scheduleBatch", [...parts, proposalDelay(mesh, now)]),
    ),
  };
  const earliest = [
    now.acceptance.readyAt,
    ...defaultAdmins(chain, now).map(([, , { acceptableAfter }]) => acceptableAfter + 1n),
  ].reduce((a, b) => (a > b ? a : b));
  const execute: Step = {
    id: acceptanceId(chain),
    chain: chain.name,
    title: "let the timelock accept it",
    changes: [...missing].map((part) =>
      change(`owner of the ${part}`, who(administratorOf(part, now)), timelock),
    ),
    status: accepted
      ? DONE
      : now.acceptance.state !== "unset" && now.timestamp < earliest
        ? { kind: "waiting", reason: "the delay of the timelock", until: earliest }
        : TO_DO,
    after: [propose.id],
    call: call(
      accountWith(mesh, chain, now, "EXECUTOR_ROLE"),
      "EXECUTOR_ROLE of the timelock",
      timelock,
      abi.timelock.encodeFunctionData("executeBatch", parts),
    ),
  };
  return [...offers, propose, execute];
}

/**
 * Whether a new pool joins a chain that its timelock administers already. It changes hands before it
 * may mint: until then its owner, who could mint through it, is no more than the deployer.
 */
export function joinsLate({ contracts: { timelock } }: MeshChain, now: ChainState): boolean {
  return (
    now.token.admin === timelock &&
    now.registry.administrator === timelock &&
    now.pool.owner !== timelock
  );
}

/** The id of the step by which a chain's timelock accepts what was offered to it. */
export function acceptanceId({ name }: Pick<MeshChain, "name">): string {
  return `${name}/timelock/accept`;
}

/**
 * Who may act at a chain's timelock: whom the mesh names once that account has the role, or else
 * whoever has it still. While a holder is replaced, one role may have changed hands before another.
 */
export function accountWith(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  role: "PROPOSER_ROLE" | "EXECUTOR_ROLE",
): string {
  const operations = holderOf(mesh, "operations", chain.name);
  if (now.timelock.roles[role]) return operations;
  const other = now.unexpectedGrants.find(
    (unexpected) =>
      // Nobody's role is everybody's, and no account that could send.
      unexpected.contract === "timelock" &&
      unexpected.role === role &&
      unexpected.account !== ZeroAddress,
  );
  return other?.account ?? operations;
}

/** Seconds that a proposal waits: what is declared, or what the timelock demands at least. */
export function proposalDelay(mesh: Mesh, now: ChainState): bigint {
  const declared = BigInt(mesh.config.admin.timelockDelay);
  return declared > now.timelock.minDelay ? declared : now.timelock.minDelay;
}

function offerSteps(chain: MeshChain, now: ChainState): Omit<Step, "after">[] {
  const { timelock, token, pool } = chain.contracts;
  const offer = (name: HandedOver, done: boolean, by: Call) => ({
    id: `${chain.name}/${name}/offer`,
    chain: chain.name,
    title: `offer the ${name} to the timelock`,
    changes: [change("offered to", "nobody", timelock)],
    status: when(done),
    call: by,
  });
  const begin = abi.token.encodeFunctionData("beginDefaultAdminTransfer", [timelock]);
  const transfer = abi.pool.encodeFunctionData("transferOwnership", [timelock]);
  const admins = defaultAdmins(chain, now).map(([name, address, { admin, pendingAdmin }]) =>
    offer(
      name,
      admin === timelock || pendingAdmin === timelock,
      call(admin, `default admin of the ${name}`, address, begin),
    ),
  );
  const [tokenOffer, ...otherAdmins] = admins;
  const { administrator, pendingAdministrator } = now.registry;
  return [
    ...(tokenOffer ? [tokenOffer] : []),
    offer(
      "pool",
      now.pool.owner === timelock || now.pool.offeredToTimelock,
      call(now.pool.owner, "owner of the pool", pool, transfer),
    ),
    offer(
      "registry",
      administrator === timelock || pendingAdministrator === timelock,
      registryCall(
        chain,
        now,
        ccipAbi.registry.encodeFunctionData("transferAdminRole", [token, timelock]),
      ),
    ),
    ...otherAdmins,
    ...(chain.role === "satellite" && now.role === "satellite"
      ? [
          offer(
            "receiver",
            now.receiver.owner === timelock || now.receiver.pendingOwner === timelock,
            call(now.receiver.owner, "owner of the receiver", chain.contracts.receiver, transfer),
          ),
        ]
      : []),
  ];
}

type AdminPart = "token" | "controller" | "broadcaster";

/** The contracts of a chain whose default admin changes hands with a delay. */
function defaultAdmins(
  chain: MeshChain,
  now: ChainState,
): [name: AdminPart, address: string, state: DefaultAdminState][] {
  const token: [AdminPart, string, DefaultAdminState] = ["token", chain.contracts.token, now.token];
  if (chain.role === "satellite" && now.role === "satellite") return [token];
  if (chain.role === "home" && now.role === "home") {
    return [
      token,
      ["controller", chain.contracts.controller, now.controller],
      ["broadcaster", chain.contracts.broadcaster, now.broadcaster],
    ];
  }
  throw new Error(`The state of ${chain.name} was read as that of a ${now.role}.`);
}

function partsMissing(chain: MeshChain, now: ChainState): Set<HandedOver> {
  const parts: HandedOver[] = [
    "token",
    "pool",
    "registry",
    ...(now.role === "home" ? (["controller", "broadcaster"] as const) : (["receiver"] as const)),
  ];
  return new Set(parts.filter((part) => administratorOf(part, now) !== chain.contracts.timelock));
}

function administratorOf(part: HandedOver, now: ChainState): string {
  switch (part) {
    case "token":
      return now.token.admin;
    case "pool":
      return now.pool.owner;
    case "registry":
      return now.registry.administrator;
    case "receiver":
      return now.role === "satellite" ? now.receiver.owner : "";
    case "controller":
    case "broadcaster":
      return now.role === "home" ? now[part].admin : "";
  }
}
