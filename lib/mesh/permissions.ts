import { ZeroAddress } from "ethers";
import { groupBy } from "ccip-localnet/protocol";

import type { Mesh, MeshChain } from "../core/mesh/mesh";

import { administrationsOf } from "./components/administration";
import type { Administration } from "./components/administration";
import { delayAt } from "./components/defaultAdmin";
import { grantsOf, includesGrant, poolAdminsOf } from "./components/grants";
import type { Grant } from "./components/grants";
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
    ...administrations.flatMap(({ part, permission, holder }) => [
      single(part, permission, holder, timelock),
      ...(part === "pool" ? poolAdmins(mesh, chain, now) : []),
    ]),
    ...roles(mesh, chain, now),
  ];
  const offers = administrations.flatMap(({ part: contract, offers: made }) =>
    made.map((offer) => ({ contract, ...offer, unexpected: offer.to !== timelock })),
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

function poolAdmins(mesh: Mesh, chain: MeshChain, { pool }: ChainState): Permission[] {
  const declared = poolAdminsOf(mesh, chain);
  const feeAdmin = single("pool", "fee admin", pool.feeAdmin, declared.feeAdmin);
  return [
    single("pool", "rate limit admin", pool.rateLimitAdmin, declared.rateLimitAdmin),
    ...(pool.feeAdmin === ZeroAddress && !declared.feeAdmin ? [] : [feeAdmin]),
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

/** Returns every role that is declared, then those that are not and that somebody holds. */
function roles(mesh: Mesh, chain: MeshChain, now: ChainState): Permission[] {
  const roleOf = ({ contract, role }: Grant) => `${contract}/${role}`;
  const declared = grantsOf(mesh, chain);
  const others = groupBy(now.unexpectedGrants, roleOf);
  const undeclared = [...others.values()].flatMap(([first]) =>
    first && !declared.some((grant) => roleOf(grant) === roleOf(first)) ? [first] : [],
  );
  return [...declared, ...undeclared].map((grant) => {
    const { contract, role: permission, account } = grant;
    const unexpected = (others.get(roleOf(grant)) ?? []).map((other) => other.account);
    const has = includesGrant(declared, grant) && includesGrant(now.held, grant);
    return {
      contract,
      permission,
      holders: [...(has ? [account] : []), ...unexpected],
      declared: includesGrant(declared, grant) ? account : undefined,
      differs: !has || unexpected.length > 0,
    };
  });
}

function delaysOn(
  { config }: Mesh,
  { timelock, timestamp }: ChainState,
  administrations: readonly Administration[],
): Delay[] {
  const timelockDelay = BigInt(config.admin.timelockDelay);
  const declared = BigInt(config.admin.handoverDelay);
  return [
    {
      what: "proposals of the timelock",
      seconds: timelock.minDelay,
      declared: timelockDelay,
      differs: timelock.minDelay !== timelockDelay,
    },
    ...administrations.flatMap(({ part, defaultAdmin }): Delay[] => {
      if (!defaultAdmin) return [];
      const { delay: seconds, pendingDelay: pending } = delayAt(timestamp, defaultAdmin);
      return [
        {
          what: `hand-over of the ${part}`,
          seconds,
          declared,
          ...(pending && { pending: { seconds: pending.delay, from: pending.from } }),
          differs: seconds !== declared || pending !== undefined,
        },
      ];
    }),
  ];
}
