import { ZeroAddress } from "ethers";

import { holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

import { administrationsOf } from "./components/administration";
import type { Administration } from "./components/administration";
import { delayAt } from "./components/defaultAdmin";
import { grantsOf, includesGrant } from "./components/grants";
import type { ChainState } from "./state";

/** A role, an ownership or an administration on a chain. */
export interface Permission {
  /** The contract that it belongs to: one of the mesh, or CCIP's registry. */
  readonly contract: string;
  /** `GUARDIAN_ROLE`, "owner", "default admin". */
  readonly permission: string;
  /** The accounts that have it. */
  readonly holders: readonly string[];
  /** The account that should have it; undefined if none should. */
  readonly declared: string | undefined;
  /** True if the declared account lacks it, or another one has it. */
  readonly differs: boolean;
}

/** An administration that was offered to an account and not accepted yet. */
export interface Offer {
  readonly contract: string;
  readonly to: string;
  /** Earliest acceptance time, unix seconds; undefined if it can be accepted at any time. */
  readonly after?: bigint;
  /** True if it is offered to any account but the timelock. */
  readonly unexpected: boolean;
}

/** The delay of a change on a chain, seconds. */
export interface Delay {
  /** "proposals of the timelock", "hand-over of the token". */
  readonly what: string;
  readonly seconds: bigint;
  readonly declared: bigint;
  /** A scheduled change, and the unix time at which it takes effect. */
  readonly pending?: { readonly seconds: bigint; readonly from: bigint };
  readonly differs: boolean;
}

/** The permissions of a chain. */
export interface ChainRoles {
  readonly chain: string;
  readonly blockNumber: number;
  readonly permissions: readonly Permission[];
  readonly offers: readonly Offer[];
  /** The timelock's proposal to accept the offered administrations, while there is one. */
  readonly proposal?: { readonly ready: boolean; readonly readyAt: bigint };
  readonly delays: readonly Delay[];
  readonly differs: boolean;
}

/** Compares the permissions of a chain with those that the mesh declares. */
export function rolesOn(mesh: Mesh, chain: MeshChain, now: ChainState): ChainRoles {
  const { timelock } = chain.contracts;
  // Default admins come first.
  const administrations = [...administrationsOf(chain, now)].sort(
    (a, b) => Number(!a.defaultAdmin) - Number(!b.defaultAdmin),
  );
  const permissions = [
    ...administrations.flatMap(({ part, power, holder }) => [
      single(part, power, holder, timelock),
      ...(part === "pool" ? poolAdmins(mesh, chain, now) : []),
    ]),
    ...roles(mesh, chain, now),
  ];
  const offers = administrations.flatMap((administration) =>
    administration.offers.map((offer) => ({
      contract: administration.part,
      ...offer,
      unexpected: offer.to !== timelock,
    })),
  );
  const delays = delaysOn(mesh, now, administrations);
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
      [...permissions, ...delays].some(({ differs }) => differs) ||
      offers.some(({ unexpected }) => unexpected),
  };
}

function poolAdmins(mesh: Mesh, { name }: MeshChain, { pool }: ChainState): Permission[] {
  return [
    single("pool", "rate limit admin", pool.rateLimitAdmin, holderOf(mesh, "rateLimitAdmin", name)),
    ...(pool.feeAdmin === ZeroAddress
      ? []
      : [single("pool", "fee admin", pool.feeAdmin, undefined)]),
  ];
}

function single(
  contract: string,
  permission: string,
  holder: string,
  declared: string | undefined,
): Permission {
  const holders = holder === ZeroAddress ? [] : [holder];
  return { contract, permission, holders, declared, differs: holder !== declared };
}

function roles(mesh: Mesh, chain: MeshChain, now: ChainState): Permission[] {
  const declared = grantsOf(mesh, chain);
  const othersWith = (contract: string, role: string) =>
    now.unexpectedGrants
      .filter((grant) => grant.contract === contract && grant.role === role)
      .map(({ account }) => account);
  const undeclared = new Map(
    now.unexpectedGrants
      .filter(
        ({ contract, role }) =>
          !declared.some((grant) => grant.contract === contract && grant.role === role),
      )
      .map((grant) => [`${grant.contract}/${grant.role}`, grant]),
  );
  return [
    ...declared.map((grant): Permission => {
      const { contract, role: permission, account } = grant;
      const others = othersWith(contract, permission);
      const has = includesGrant(now.held, grant);
      const holders = [...(has ? [account] : []), ...others];
      const differs = !has || others.length > 0;
      return { contract, permission, holders, declared: account, differs };
    }),
    ...[...undeclared.values()].map(({ contract, role: permission }): Permission => ({
      contract,
      permission,
      holders: othersWith(contract, permission),
      declared: undefined,
      differs: true,
    })),
  ];
}

function delaysOn(
  { config }: Mesh,
  now: ChainState,
  administrations: readonly Administration[],
): Delay[] {
  const { timelockDelay, handoverDelay } = config.admin;
  const { minDelay } = now.timelock;
  return [
    {
      what: "proposals of the timelock",
      seconds: minDelay,
      declared: BigInt(timelockDelay),
      differs: minDelay !== BigInt(timelockDelay),
    },
    ...administrations.flatMap(({ part, defaultAdmin }): Delay[] => {
      if (!defaultAdmin) return [];
      const declared = BigInt(handoverDelay);
      const { delay: seconds, pendingDelay } = delayAt(now.timestamp, defaultAdmin);
      return [
        {
          what: `hand-over of the ${part}`,
          seconds,
          declared,
          ...(pendingDelay && {
            pending: { seconds: pendingDelay.delay, from: pendingDelay.from },
          }),
          differs: seconds !== declared || pendingDelay !== undefined,
        },
      ];
    }),
  ];
}
