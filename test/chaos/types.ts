import type { Holder, Way } from "./names";

/** An index state of home. */
export interface Index {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
}

/** An index state as a message tells it, and when it was sent. */
export interface Told extends Index {
  readonly sentAt: bigint;
  /** True if home never had it. */
  readonly isLie?: boolean;
}

/** The index from which a receiver measures the next one. */
export interface Anchor {
  sharesPerToken: bigint;
  epoch: bigint;
  time: bigint;
}

/** The lowest and the highest index that a satellite had at a time from which messages alone have moved it. */
export interface Base {
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly time: bigint;
}

/** A state that a receiver holds back. */
export interface Held extends Told {
  readonly since: bigint;
  isRejected: boolean;
}

/** A message: shares for a holder, plain or to be wrapped, or an index for a satellite. */
export interface Flight extends Way {
  readonly id: string;
  /** The number of the pool that sent it. */
  readonly pool: number;
  readonly content:
    | { readonly kind: "tokens" | "wrapped"; readonly shares: bigint; readonly receiver: Holder }
    | { readonly kind: "index"; readonly told: Told };
  state: "sent" | "verified" | "failed" | "done";
}

/** Limits of the controller: factors, and seconds. */
export interface Limits {
  readonly min: bigint;
  readonly max: bigint;
  readonly interval: bigint;
  readonly delay: bigint;
  readonly maxDelay: bigint;
}

/** The index by which a chain counts at a time. */
export function counting({ current, next, effectiveAt }: Index, now: bigint): bigint {
  return now < effectiveAt ? current : next;
}

/** The index of a message or of what is held back. */
export function indexOf({ epoch, current, next, effectiveAt }: Index): Index {
  return { epoch, current, next, effectiveAt };
}

/** True if two states are the same but for their epochs. */
export function isSame(a: Index, b: Index): boolean {
  return a.current === b.current && a.next === b.next && a.effectiveAt === b.effectiveAt;
}
