import type { LaneNames } from "../core/mesh/limit";

/** One transaction of the wiring, and its status. */
export interface Step {
  /** Unique in the mesh: `local-sat1/pool/remote local-home`. */
  readonly id: string;
  /** Network name of the chain on which it is sent. */
  readonly chain: string;
  /** Its effect, in the imperative. */
  readonly title: string;
  /** The values that it changes; meaningless once the step is done. */
  readonly changes: readonly Change[];
  readonly status: StepStatus;
  /** Ids of the steps, on any chain, that must be done before. */
  readonly after: readonly string[];
  /** The transaction; meaningless once the step is done, or while it waits for manual work. */
  readonly call: Call;
  /** The calls that the timelock makes before it, in the same operation. */
  readonly batch?: readonly Call[] | undefined;
  /** The messages in flight that it would reject; a step with some is destructive. */
  readonly rejects?: Rejection;
}

/** Messages with tokens that a step would cause to be rejected on arrival. */
export interface Rejection extends LaneNames {
  /** Only those that this source pool sent; all on the lane if omitted. */
  readonly pool?: string;
  /** Only those that carry at least this many shares; all if omitted. */
  readonly sharesFrom?: bigint;
  /** Only those with less than full finality. */
  readonly fast?: true;
  /** Further lanes whose messages it would reject too. */
  readonly others?: readonly LaneNames[];
  /** True if the step waits until they have arrived, because its source sends no more of them. */
  readonly drains?: true;
}

/** A value as text: on chain, and declared. */
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
      /** The text after "waits for". */
      readonly reason: string;
      /** Unix seconds on that chain, when only time has to pass. */
      readonly until?: bigint;
      /** The event that ends it; a message in flight if both this and the time are omitted. */
      readonly cause?: "signature" | "permission" | "repair" | "drain" | "drift";
    };

/** A transaction to send. */
export interface Call {
  /** The account that has to send it. */
  readonly from: string;
  /** The permission that it needs: "owner of the pool". */
  readonly as: string;
  readonly to: string;
  readonly data: string;
  /** Native value in wei. */
  readonly value: bigint;
  /** Gas beside an estimate, for calls without which it succeeds as well. */
  readonly optionalGas?: bigint;
}

/** Returns the steps that can be sent now: not done, with all dependencies done. */
export function readySteps(steps: readonly Step[]): Step[] {
  const done = new Set(steps.filter(({ status }) => status.kind === "done").map(({ id }) => id));
  return steps.filter(
    ({ status, after }) => status.kind === "todo" && after.every((id) => done.has(id)),
  );
}

/** Returns the steps that each set one declared value, without the proposals for them. */
export function settingsOf(steps: readonly Step[]): Step[] {
  const isProposal = ({ id, chain }: Step) =>
    ["timelock/propose", "proposals/"].some((start) => id.startsWith(`${chain}/${start}`));
  return steps.filter((step) => !isProposal(step));
}

export function openSteps(steps: readonly Step[]): Step[] {
  return steps.filter(({ status }) => status.kind !== "done");
}

/** Returns the times at which those steps may go on that only wait for time, unix seconds. */
export function waitedTimes(steps: readonly Step[]): number[] {
  return steps.flatMap(({ status }) =>
    status.kind === "waiting" && status.until !== undefined ? [Number(status.until)] : [],
  );
}

/** Returns the ids of steps and of all steps that depend on them. */
export function withDependents(steps: readonly Step[], ids: Iterable<string>): Set<string> {
  const found = new Set(ids);
  // A plan lists a step after its dependencies.
  for (const { id, after } of steps) if (after.some((before) => found.has(before))) found.add(id);
  return found;
}
