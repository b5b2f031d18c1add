import { bandBounds } from "core/indexBand";
import type { StepBounds } from "core/indexBand";
import { formatGrowthIndex } from "core/growth";
import type { IndexState } from "./indexState";
import { chainLabel, duration } from "./words";

/** A broadcast that a receiver does not apply by itself, because its index is outside of the receiver's band. */
export interface HeldBack extends IndexState {
  /** Time of the satellite when it held the first one back, unix seconds. */
  readonly since: number;
  readonly isRejected: boolean;
}

/** Bounds of what the unpauser may accept, and the index that they are measured from. */
export interface ByHand extends StepBounds {
  readonly maxStepsByHand: number;
  /** Shares per token unit. */
  readonly anchor: bigint;
}

/** A fact about a satellite that the verdict on the mesh has to mention. */
export interface Finding {
  readonly tone: "good" | "wait" | "bad";
  readonly headline: string;
  readonly detail: string;
}

/** Returns whether an index is near enough to the anchor that the unpauser may accept it. */
export function isWithinHand(held: IndexState, local: IndexState, band: ByHand): boolean {
  const { lowest, highest } = bandBounds(band, band.anchor, band.maxStepsByHand);
  // A return to an index that the satellite has is an honest cancellation.
  return [held.current, held.next].every(
    (index) =>
      (lowest <= index && index <= highest) || index === local.current || index === local.next,
  );
}

/** Powers of an account over what a receiver holds back. */
export interface Powers {
  readonly isOwner: boolean;
  /** True for the token's unpauser. */
  readonly isUnpauser: boolean;
  /** True for the token's guardian. */
  readonly isGuardian: boolean;
}

/** Reasons why an account may not decide; undefined where it may. */
export interface Obstacles {
  readonly accept: string | undefined;
  readonly reject: string | undefined;
  /** True where nobody but the owner may accept it. */
  readonly isForTimelock: boolean;
}

/** Returns why an account may not accept or reject a broadcast that is held back. */
export function obstaclesTo(
  { isRejected }: HeldBack,
  isByHand: boolean,
  { isOwner, isUnpauser, isGuardian }: Powers,
): Obstacles {
  const reason = isRejected
    ? "it was rejected: only the timelock may accept it"
    : !isByHand
      ? "its index is further away than may be accepted by hand: only the timelock may accept it"
      : isUnpauser
        ? undefined
        : "accepting is for the operations account";
  return {
    accept: isOwner ? undefined : reason,
    reject: isRejected
      ? "it cannot be rejected twice"
      : isOwner || isGuardian
        ? undefined
        : "rejecting is for the guardian",
    isForTimelock: !isOwner && (isRejected || !isByHand),
  };
}

/** Returns what the verdict says of a broadcast that is held back, given home's index state. */
export function heldFinding(chain: string, held: HeldBack, home: IndexState): Finding {
  const subject = `${chainLabel(chain)} holds back epoch ${held.epoch}`;
  if (held.isRejected)
    return {
      tone: "wait",
      headline: `${subject}, which was rejected`,
      detail: `${subject}, which was rejected. It does not come back by itself: a newer broadcast of home replaces it. Balances there go by the last index.`,
    };
  const index = formatGrowthIndex(held.next);
  return {
    tone: "bad",
    headline: subject,
    detail: isOf(home, held)
      ? `${subject}: its growth index of ${index} is further away than the receiver follows by itself. Accept or reject it under Operate; until then balances there go by the last index, and transfers go on.`
      : `${subject} with a growth index of ${index}, and home, at epoch ${home.epoch}, does not have that index. Reject it under Operate, and look at the lane. Balances there go by the last index.`,
  };
}

/** Returns whether home has, or had, an index state: of an older epoch it is not known here. */
function isOf(home: IndexState, held: IndexState): boolean {
  return (
    held.epoch < home.epoch ||
    (held.epoch === home.epoch &&
      held.current === home.current &&
      held.next === home.next &&
      held.effectiveAt === home.effectiveAt)
  );
}

/** Age from which a confirmation is mentioned, seconds: consumers of price feeds commonly refuse one of a day. */
const OLD = 86_400;

/** Returns what the verdict says of the newest confirmation by home; nothing while it is new, or before the first. */
export function heartbeatFinding(
  chain: string,
  lastConfirmed: number,
  now: number,
): Finding | undefined {
  if (lastConfirmed === 0 || now - lastConfirmed <= OLD) return undefined;
  const line = `Home has confirmed the index of ${chainLabel(chain)} ${duration(now - lastConfirmed)} ago`;
  return {
    tone: "good",
    headline: line,
    detail: `${line}: a change that was lost since is not known there. A broadcast confirms it.`,
  };
}
