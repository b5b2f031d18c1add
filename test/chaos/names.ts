import type { ChainRole } from "../shared/scenario";

export const ROLES = ["home", "sat1", "sat2"] as const satisfies readonly ChainRole[];
export const SATELLITES = ["sat1", "sat2"] as const;
export type Satellite = (typeof SATELLITES)[number];

export const HOLDERS = ["alice", "bob", "carol"] as const;
export type Holder = (typeof HOLDERS)[number];

/** All accounts that may have shares: holders, the wrapper, and those in which nothing should be left. */
export const ACCOUNTS = [...HOLDERS, "wrapper", "wrappedBridge", "pool", "router"] as const;
export type Account = (typeof ACCOUNTS)[number];

/** Shares of the rebase token in a wrapped unit. */
export const UNIT = 10n ** 24n;

/** The name of the error with which something is refused; undefined when it happens. */
export type Refusal = string | undefined;

/** A directed pair of chains. */
export interface LaneName {
  readonly from: ChainRole;
  readonly to: ChainRole;
}

/** A lane over one of its two sets of ramps. */
export interface Way extends LaneName {
  readonly ramps: number;
}

export const LANES: readonly LaneName[] = ROLES.flatMap((from) =>
  ROLES.filter((to) => to !== from).map((to) => ({ from, to })),
);

/** The name of a lane. */
export function laneKey({ from, to }: LaneName): string {
  return `${from} to ${to}`;
}

/** The name of a pair of chains, whatever the direction. */
export function pairKey({ from, to }: LaneName): string {
  return [from, to].sort().join(" and ");
}
