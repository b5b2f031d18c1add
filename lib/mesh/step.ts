import type { LaneNames } from "../core/mesh/limit";

/** One transaction of the wiring, and how far it is. */
export interface Step {
  /** Unique in the mesh: `local-sat1/pool/remote local-home`. */
  readonly id: string;
  /** Network name of the chain it happens on. */
  readonly chain: string;
  /** What it does, in the imperative. */
  readonly title: string;
  /** What is different afterwards; of no interest once the step is done. */
  readonly changes: readonly Change[];
  readonly status: StepStatus;
  /** Ids of the steps, on any chain, that must be done before. */
  readonly after: readonly string[];
  /** The transaction; of no interest once the step is done, or while people have to mend something. */
  readonly call: Call;
  /** The messages in flight that it would reject; a step with some is destructive. */
  readonly rejects?: Rejection;
}

/** Messages with tokens that would be rejected if they arrived after a step. */
export interface Rejection extends LaneNames {
  /** Those alone that this pool on the source sent; all on the lane if left out. */
  readonly pool?: string;
  /** Those alone that carry at least so many shares; all of them if left out. */
  readonly sharesFrom?: bigint;
  /** Whether those alone that wait for less than full finality. */
  readonly fast?: true;
  /** Whether the step waits until they have arrived, for its source sends no more of them. */
  readonly drains?: true;
}

/** A value on chain, for people: as it is, and as it is declared. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export type StepStatus =
  | { readonly kind: "done" }
  | { readonly kind: "todo" }
  | {
      readonly kind: "waiting";
      /** For whom or what, in words. */
      readonly reason: string;
      /** Unix seconds on that chain, when it is a matter of time. */
      readonly until?: bigint;
      /** What would end it; a message on its way if left out and there is no time. */
      readonly cause?: "signature" | "permission" | "repair" | "drain" | "drift";
    };

/** A transaction that somebody has to send. */
export interface Call {
  /** Who has to send it. */
  readonly from: string;
  /** By what power: "owner of the pool". */
  readonly as: string;
  readonly to: string;
  readonly data: string;
  /** Native value in wei. */
  readonly value: bigint;
}

/** The steps that can be sent now: to do, and everything they depend on is done. */
export function readySteps(steps: readonly Step[]): Step[] {
  const done = new Set(steps.filter(({ status }) => status.kind === "done").map(({ id }) => id));
  return steps.filter(
    ({ status, after }) => status.kind === "todo" && after.every((id) => done.has(id)),
  );
}

/** The steps that leave a setting as declared; a proposal is how that is done, no setting of its own. */
export function settingsOf(steps: readonly Step[]): Step[] {
  return steps.filter(({ id, chain }) => !id.startsWith(`${chain}/timelock/propose`));
}

/** The steps that are not done. */
export function openSteps(steps: readonly Step[]): Step[] {
  return steps.filter(({ status }) => status.kind !== "done");
}

/** Steps and all steps that cannot be done without them. */
export function withDependents(steps: readonly Step[], ids: Iterable<string>): Set<string> {
  const found = new Set(ids);
  // A plan names a step after those it depends on.
  for (const { id, after } of steps) if (after.some((before) => found.has(before))) found.add(id);
  return found;
}
