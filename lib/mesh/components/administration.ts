import { ZeroAddress } from "ethers";

import { abi, ccipAbi } from "../../core/abis";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Call, Step, StepStatus } from "../step";
import { DONE, TO_DO, call, change, when, who } from "../stepBuilders";
import { delayAt } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";
import { registryCall } from "./registry";
import { acceptanceBatch, acceptanceId } from "./timelock/acceptance";
import type { HandedOver } from "./timelock/acceptance";
import { accountWith, proposalDelay } from "./timelock/timelock";

/** The administration of one contract of a chain: its holder, its pending offers, and its calls. */
export interface Administration {
  readonly part: HandedOver;
  readonly power: "default admin" | "owner" | "administrator";
  readonly holder: string;
  /** Accounts that may accept it, each with its acceptance time in unix seconds; immediately without one. */
  readonly offers: readonly { readonly to: string; readonly after?: bigint }[];
  /** Set for a default admin, which changes with a delay. */
  readonly defaultAdmin?: DefaultAdminState;
  /** A call by its holder. */
  readonly call: (data: string) => Call;
  /** Encodes the call that offers it to an account; the zero address withdraws the offer. */
  readonly offer: (to: string) => string;
}

/** Returns the administration of every contract of a chain. */
export function administrationsOf(chain: MeshChain, now: ChainState): Administration[] {
  const { timelock, token, pool } = chain.contracts;
  const byDefaultAdmin = (
    part: HandedOver,
    address: string,
    defaultAdmin: DefaultAdminState,
  ): Administration => ({
    part,
    power: "default admin",
    holder: defaultAdmin.admin,
    offers: offersTo([defaultAdmin.pendingAdmin], defaultAdmin.acceptableAfter),
    defaultAdmin,
    call: (data) => call(defaultAdmin.admin, `default admin of the ${part}`, address, data),
    offer: (to) =>
      to === ZeroAddress
        ? abi.token.encodeFunctionData("cancelDefaultAdminTransfer")
        : abi.token.encodeFunctionData("beginDefaultAdminTransfer", [to]),
  });
  const byOwner = (
    part: HandedOver,
    address: string,
    owner: string,
    pending: readonly string[],
  ): Administration => ({
    part,
    power: "owner",
    holder: owner,
    offers: offersTo(pending),
    call: (data) => call(owner, `owner of the ${part}`, address, data),
    offer: (to) => abi.pool.encodeFunctionData("transferOwnership", [to]),
  });
  const { owner, offeredToTimelock, offeredToThirdParty = ZeroAddress } = now.pool;
  const administrations: Administration[] = [
    byDefaultAdmin("token", token, now.token),
    byOwner("pool", pool, owner, [offeredToTimelock ? timelock : ZeroAddress, offeredToThirdParty]),
    {
      part: "registry",
      power: "administrator",
      holder: now.registry.administrator,
      offers: offersTo([now.registry.pendingAdministrator]),
      call: (data) => registryCall(chain, now, data),
      offer: (to) => ccipAbi.registry.encodeFunctionData("transferAdminRole", [token, to]),
    },
  ];
  if (chain.role === "home" && now.role === "home") {
    const { controller, broadcaster } = chain.contracts;
    administrations.push(byDefaultAdmin("controller", controller, now.controller));
    administrations.push(byDefaultAdmin("broadcaster", broadcaster, now.broadcaster));
  } else if (chain.role === "satellite" && now.role === "satellite") {
    const { receiver } = chain.contracts;
    const { receiver: state } = now;
    administrations.push(byOwner("receiver", receiver, state.owner, [state.pendingOwner]));
  }
  return administrations;
}

function offersTo(accounts: readonly string[], after?: bigint): Administration["offers"] {
  return accounts
    .filter((to) => to !== ZeroAddress)
    .map((to) => ({ to, ...(after !== undefined && { after }) }));
}

/**
 * Returns whether a new pool joins a chain that its timelock administers already. The pool is handed over before it may
 * mint, because its owner, the deployer until then, could mint through it.
 */
export function joinsLate({ contracts: { timelock } }: MeshChain, now: ChainState): boolean {
  return (
    now.token.admin === timelock &&
    now.registry.administrator === timelock &&
    now.pool.owner !== timelock
  );
}

/** Returns the steps that set the delay of each default admin's hand-over. */
export function handoverDelaySteps(
  { config }: Mesh,
  { name }: MeshChain,
  administrations: readonly Administration[],
  timestamp: bigint,
): Step[] {
  const declared = BigInt(config.admin.handoverDelay);
  return administrations.flatMap(({ part, defaultAdmin, call: byHolder }): Step[] => {
    if (!defaultAdmin) return [];
    const { delay, pendingDelay } = delayAt(timestamp, defaultAdmin);
    const status: StepStatus =
      pendingDelay?.delay === declared
        ? { kind: "waiting", reason: "the delay of a changed delay", until: pendingDelay.from }
        : when(!pendingDelay && delay === declared);
    return [
      {
        id: `${name}/${part}/handover delay`,
        chain: name,
        title: `set the delay of a hand-over of the ${part}'s default admin to ${declared} s`,
        changes: [change("hand-over delay", `${pendingDelay?.delay ?? delay} s`, `${declared} s`)],
        status,
        after: [],
        // Cancelling a scheduled change would need a different call once that change takes effect.
        call: byHolder(abi.token.encodeFunctionData("changeDefaultAdminDelay", [declared])),
      },
    ];
  });
}

/** Returns the steps that offer every administration to the timelock, which accepts them through a proposal. */
export function handoverSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  before: readonly Step[],
): Step[] {
  const { timelock } = chain.contracts;
  const administrations = administrationsOf(chain, now);
  const offers = administrations.map(
    ({ part, holder, offers: made, call: byHolder, offer }): Step => ({
      id: `${chain.name}/${part}/offer`,
      chain: chain.name,
      title: `offer the ${part} to the timelock`,
      changes: [change("offered to", who(undefined), timelock)],
      status: when(holder === timelock || made.some(({ to }) => to === timelock)),
      after: before.map(({ id }) => id),
      call: byHolder(offer(timelock)),
    }),
  );
  const missing = administrations.filter(({ holder }) => holder !== timelock);
  const parts = missing.map(({ part }) => part);
  const isAccepted = missing.length === 0;
  const { state, number, readyAt } = now.acceptance;
  const batch = acceptanceBatch(chain, isAccepted ? undefined : new Set(parts), number);
  const { predecessor, salt } = batch;
  const args: [string[], bigint[], string[], string, string] = [
    [...batch.targets],
    [...batch.values],
    [...batch.payloads],
    predecessor,
    salt,
  ];
  const propose: Step = {
    id: `${chain.name}/timelock/propose`,
    chain: chain.name,
    title: "propose that the timelock accepts what was offered to it",
    changes: [change("proposal", "none", `accept ${parts.join(", ")}`)],
    status: when(isAccepted || state !== "unset"),
    after: offers.map(({ id }) => id),
    call: call(
      accountWith(mesh, chain, now, "PROPOSER_ROLE"),
      "PROPOSER_ROLE of the timelock",
      timelock,
      abi.timelock.encodeFunctionData("scheduleBatch", [
        ...args,
        proposalDelay(mesh, now.timelock),
      ]),
    ),
  };
  const acceptable = administrations.map(
    ({ defaultAdmin }) => defaultAdmin?.acceptableAfter ?? -1n,
  );
  const earliest = acceptable.reduce((a, b) => (a > b + 1n ? a : b + 1n), readyAt);
  const execute: Step = {
    id: acceptanceId(chain),
    chain: chain.name,
    title: "let the timelock accept it",
    changes: missing.map(({ part, holder }) =>
      change(`owner of the ${part}`, who(holder), timelock),
    ),
    status: isAccepted
      ? DONE
      : state !== "unset" && now.timestamp < earliest
        ? { kind: "waiting", reason: "the delay of the timelock", until: earliest }
        : TO_DO,
    after: [propose.id],
    call: call(
      accountWith(mesh, chain, now, "EXECUTOR_ROLE"),
      "EXECUTOR_ROLE of the timelock",
      timelock,
      abi.timelock.encodeFunctionData("executeBatch", args),
    ),
  };
  return [...offers, propose, execute];
}

/** Returns the steps that withdraw offers to any account but the timelock. */
export function withdrawalSteps(chain: MeshChain, now: ChainState): Step[] {
  return administrationsOf(chain, now).flatMap(({ part, holder, offers, call: byHolder, offer }) =>
    offers
      // Until the token is registered, its admin is the pending administrator.
      .filter(({ to }) => to !== chain.contracts.timelock && holder !== ZeroAddress)
      .map(({ to }): Step => ({
        id: `${chain.name}/${part}/offer to ${to}`,
        chain: chain.name,
        title: `take back the ${part}, which was offered to ${to}`,
        changes: [change("offered to", to, who(undefined))],
        status: TO_DO,
        after: [],
        call: byHolder(offer(ZeroAddress)),
      })),
  );
}
