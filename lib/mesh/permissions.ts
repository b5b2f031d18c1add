import { ZeroAddress } from "ethers";

import { grantsOf } from "./grants";
import { holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { ChainState, DefaultAdminState } from "./state";
import { isGranted } from "./steps/roles";

/** A role, an ownership or an administration on a chain. */
export interface Permission {
  /** Of what: a contract of ours, or CCIP's registry. */
  readonly contract: string;
  /** `GUARDIAN_ROLE`, "owner", "default admin". */
  readonly permission: string;
  /** Who has it. */
  readonly holders: readonly string[];
  /** Who should; undefined when nobody should. */
  readonly declared: string | undefined;
  /** Whether anyone lacks it who should have it, or has it who should not. */
  readonly differs: boolean;
}

/** A power that was offered to somebody who has not taken it yet. */
export interface Offer {
  readonly contract: string;
  readonly to: string;
  /** Unix seconds after which it may be accepted; undefined when that is at any time. */
  readonly after?: bigint;
  /** Whether it is offered to anyone but the timelock. */
  readonly unexpected: boolean;
}

/** How long something takes on a chain, seconds. */
export interface Delay {
  /** "proposals of the timelock", "hand-over of the token". */
  readonly what: string;
  readonly seconds: bigint;
  readonly declared: bigint;
  /** A change that is on its way, and unix seconds from which it counts. */
  readonly pending?: { readonly seconds: bigint; readonly from: bigint };
  readonly differs: boolean;
}

/** Who may do what on a chain. */
export interface ChainRoles {
  readonly chain: string;
  readonly blockNumber: number;
  readonly permissions: readonly Permission[];
  readonly offers: readonly Offer[];
  /** The timelock's proposal to take over what was offered to it, while there is one to execute. */
  readonly proposal?: { readonly ready: boolean; readonly readyAt: bigint };
  readonly delays: readonly Delay[];
  readonly differs: boolean;
}

/** Who may do what on a chain, beside who should. */
export function rolesOn(mesh: Mesh, chain: MeshChain, now: ChainState): ChainRoles {
  const permissions = [...administrations(mesh, chain, now), ...roles(mesh, chain, now)];
  const offers = offersOn(chain, now);
  const delays = delaysOn(mesh, now);
  const { state, readyAt } = now.acceptance;
  return {
    chain: chain.name,
    blockNumber: now.blockNumber,
    permissions,
    offers,
    ...((state === "waiting" || state === "ready") && {
      proposal: { ready: state === "ready", readyAt },
    }),
    delays,
    differs:
      permissions.some(({ differs }) => differs) ||
      delays.some(({ differs }) => differs) ||
      offers.some(({ unexpected }) => unexpected),
  };
}

/** The contracts whose administration can be handed over with a delay. */
function defaultAdmins(now: ChainState): [contract: string, state: DefaultAdminState][] {
  return now.role === "home"
    ? [
        ["token", now.token],
        ["controller", now.controller],
        ["broadcaster", now.broadcaster],
      ]
    : [["token", now.token]];
}

function administrations(mesh: Mesh, chain: MeshChain, now: ChainState): Permission[] {
  const { timelock } = chain.contracts;
  return [
    ...defaultAdmins(now).map(([contract, { admin }]) =>
      single(contract, "default admin", admin, timelock),
    ),
    single("pool", "owner", now.pool.owner, timelock),
    single(
      "pool",
      "rate limit admin",
      now.pool.rateLimitAdmin,
      holderOf(mesh, "rateLimitAdmin", chain.name),
    ),
    ...(now.pool.feeAdmin === ZeroAddress
      ? []
      : [{ ...single("pool", "fee admin", now.pool.feeAdmin, ZeroAddress), declared: undefined }]),
    single("registry", "administrator", now.registry.administrator, timelock),
    ...(now.role === "satellite"
      ? [single("receiver", "owner", now.receiver.owner, timelock)]
      : []),
  ];
}

function roles(mesh: Mesh, chain: MeshChain, now: ChainState): Permission[] {
  const declared = grantsOf(mesh, chain);
  const unexpectedGrants = now.unexpectedGrants.filter(
    (unexpected) =>
      !declared.some(
        (grant) => grant.contract === unexpected.contract && grant.role === unexpected.role,
      ),
  );
  const unexpectedRoles = new Map(
    unexpectedGrants.map((unexpected) => [`${unexpected.contract}/${unexpected.role}`, unexpected]),
  );
  const unexpectedGrantsOf = (contract: string, role: string) =>
    now.unexpectedGrants
      .filter((unexpected) => unexpected.contract === contract && unexpected.role === role)
      .map(({ account }) => account);
  return [
    ...declared.map((grant): Permission => {
      const { contract, role, account } = grant;
      const others = unexpectedGrantsOf(contract, role);
      const has = isGranted(now, grant);
      return {
        contract,
        permission: role,
        holders: [...(has ? [account] : []), ...others],
        declared: account,
        differs: !has || others.length > 0,
      };
    }),
    ...[...unexpectedRoles.values()].map(({ contract, role }): Permission => ({
      contract,
      permission: role,
      holders: unexpectedGrantsOf(contract, role),
      declared: undefined,
      differs: true,
    })),
  ];
}

function single(
  contract: string,
  permission: string,
  holder: string,
  declared: string,
): Permission {
  const holders = holder === ZeroAddress ? [] : [holder];
  return { contract, permission, holders, declared, differs: holder !== declared };
}

function offersOn(chain: MeshChain, now: ChainState): Offer[] {
  const { timelock } = chain.contracts;
  const offer = (contract: string, to: string, after?: bigint): Offer[] =>
    to === ZeroAddress
      ? []
      : [{ contract, to, ...(after !== undefined && { after }), unexpected: to !== timelock }];
  return [
    ...defaultAdmins(now).flatMap(([contract, { pendingAdmin, acceptableAfter }]) =>
      offer(contract, pendingAdmin, acceptableAfter),
    ),
    ...(now.pool.offeredToTimelock ? offer("pool", timelock) : []),
    ...offer("pool", now.pool.offeredToThirdParty ?? ZeroAddress),
    ...offer("registry", now.registry.pendingAdministrator),
    ...(now.role === "satellite" ? offer("receiver", now.receiver.pendingOwner) : []),
  ];
}

function delaysOn({ config }: Mesh, now: ChainState): Delay[] {
  const { timelockDelay, handoverDelay } = config.admin;
  const { minDelay } = now.timelock;
  return [
    {
      what: "proposals of the timelock",
      seconds: minDelay,
      declared: BigInt(timelockDelay),
      differs: minDelay !== BigInt(timelockDelay),
    },
    ...defaultAdmins(now).map(([contract, { delay, pendingDelay }]): Delay => {
      const declared = BigInt(handoverDelay);
      // A change whose time has come counts, though the contract writes it down later.
      const counts = pendingDelay && pendingDelay.from < now.timestamp;
      const seconds = counts ? pendingDelay.delay : delay;
      return {
        what: `hand-over of the ${contract}`,
        seconds,
        declared,
        ...(pendingDelay &&
          !counts && { pending: { seconds: pendingDelay.delay, from: pendingDelay.from } }),
        differs: seconds !== declared || (pendingDelay !== undefined && !counts),
      };
    }),
  ];
}
