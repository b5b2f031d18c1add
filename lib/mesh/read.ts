import { messagesInFlight } from "./inFlight";
import type { MessageInFlight } from "./inFlight";
import { laneKey } from "../core/mesh/limit";
import type { LaneNames } from "../core/mesh/limit";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import { planMesh } from "./plan";
import { proposeThroughTimelocks } from "./components/timelock/proposals";
import { readMesh, stateOf, statesOf, whileReading } from "./state";
import type { MeshState, ReadOptions } from "./state";
import { openSteps } from "./step";
import type { Rejection, Step, StepStatus } from "./step";
import { selectSteps } from "./selection";
import type { Part, Selection } from "./selection";

/** The steps to the declared mesh, and the state that they were planned from. */
export interface MeshPlan {
  readonly state: MeshState;
  readonly steps: readonly Step[];
  /** The selected part of the plan; undefined for all of it. */
  readonly selection?: Selection;
  /** The messages in flight that an open step may reject, by lane; see {@link rejected}. */
  readonly inFlight: ReadonlyMap<string, readonly MessageInFlight[]>;
}

/** The options of a plan. */
export interface PlanOptions extends ReadOptions {
  /** True if steps that reject messages in flight are allowed. */
  readonly allowDestructive?: boolean;
  /** The part to plan, including its dependencies; everything unless given. */
  readonly only?: Part;
}

/**
 * Reads every chain and plans the missing steps, with proposals where a timelock executes them. Steps that would
 * reject messages in flight wait unless they are allowed.
 */
export async function readPlan(mesh: Mesh, options: PlanOptions = {}): Promise<MeshPlan> {
  return planFrom(mesh, await readMesh(mesh, options), options);
}

/** Returns {@link readPlan} for a state that was read before. */
export async function planFrom(
  mesh: Mesh,
  state: MeshState,
  options: PlanOptions = {},
): Promise<MeshPlan> {
  const { allowDestructive, store, only } = options;
  const whole = planMesh(mesh, state);
  const { steps: planned, selection } =
    only === undefined ? { steps: whole } : selectSteps(whole, only);
  const lanes = openSteps(planned).flatMap(({ rejects }) => (rejects ? [rejects] : []));
  const inFlight =
    lanes.length > 0
      ? await whileReading(options, "looking for messages in flight …", () =>
          messagesInFlight(mesh, lanes, store, blocksOf(mesh, state)),
        )
      : new Map<string, MessageInFlight[]>();
  const done = new Set(planned.filter((step) => step.status.kind === "done").map(({ id }) => id));
  const permitted = allowDestructive
    ? planned
    : planned.map((step) => unlessRejecting(mesh, step, inFlight, done));
  const steps = await whileReading(options, "reading what was proposed to the timelocks …", () =>
    proposeThroughTimelocks(mesh, statesOf(mesh, state), permitted),
  );
  return { state, steps, inFlight, ...(selection && { selection }) };
}

/** Returns the block at which each chain was read. */
function blocksOf(mesh: Mesh, state: MeshState): Map<string, number> {
  return new Map(chainsOf(mesh).map((chain) => [chain.name, stateOf(state, chain).blockNumber]));
}

/** Returns the messages in flight that a step would reject. */
export function rejected(
  rejects: Rejection,
  inFlight: ReadonlyMap<string, readonly MessageInFlight[]>,
): readonly MessageInFlight[] {
  const { pool, sharesFrom, fast } = rejects;
  return (inFlight.get(laneKey(rejects)) ?? []).filter(
    ({ sourcePool, shares, isFast }) =>
      (!fast || isFast) &&
      (pool === undefined || sourcePool === pool) &&
      (sharesFrom === undefined || shares === undefined || shares >= sharesFrom),
  );
}

/** Returns whether a step rejects only some messages of the lane, so that it depends on the messages in flight. */
export function isPartial({ pool, sharesFrom, drains, fast }: Rejection): boolean {
  return pool !== undefined || sharesFrom !== undefined || drains === true || fast === true;
}

/** Holds back a step that rejects messages in flight until it is allowed, and adds their number. */
function unlessRejecting(
  mesh: Mesh,
  step: Step,
  inFlight: ReadonlyMap<string, readonly MessageInFlight[]>,
  done: ReadonlySet<string>,
): Step {
  const { rejects, status, after } = step;
  if (!rejects || status.kind !== "todo") return step;
  const messages = rejected(rejects, inFlight);
  if (rejects.pool !== undefined || rejects.drains) {
    const ahead = after.filter((id) => !done.has(id));
    // While more messages may be sent, their number is unknown, and no signature is requested.
    if (ahead.length > 0) return { ...step, status: inUseStatus(rejects, ahead) };
    // Without further messages from the source and none in flight, the step is safe.
    return messages.length === 0 ? step : { ...step, status: drainStatus(rejects, messages) };
  }
  if (isPartial(rejects) && messages.length === 0) return step;
  const lane = laneKey(rejects);
  return {
    ...step,
    status: {
      kind: "waiting",
      cause: "permission",
      reason: `permission (--allow-destructive): it rejects what arrives on ${lane}, where ${costOf(mesh, rejects, messages.length)}`,
    },
  };
}

function inUseStatus({ pool }: Rejection, ahead: readonly string[]): StepStatus {
  const sender = pool === undefined ? "its source" : "the old pool";
  return {
    kind: "waiting",
    cause: "permission",
    reason: `${ahead.join(", ")}: until then ${sender} may send messages; or for permission (--allow-destructive)`,
  };
}

/** Returns the status of a step that waits for messages of an old pool, which arrive unless they failed. */
function drainStatus(rejects: Rejection, messages: readonly MessageInFlight[]): StepStatus {
  const flying = messages.filter(({ failed }) => !failed);
  const list = (items: readonly MessageInFlight[]) =>
    items.map(({ messageId }) => messageId).join(", ");
  const from = `sent ${rejects.pool === undefined ? "" : "by the old pool "}on ${laneKey(rejects)}`;
  if (flying.length === 0) {
    return {
      kind: "waiting",
      cause: "repair",
      reason: `manual execution of failed messages, ${from}: ${list(messages)}; or for permission (--allow-destructive) to give it up`,
    };
  }
  return {
    kind: "waiting",
    cause: "drain",
    reason: `${flying.length} ${flying.length === 1 ? "message" : "messages"} to arrive, ${from}: ${list(flying)}`,
  };
}

function costOf(mesh: Mesh, { source }: LaneNames, count: number): string {
  if (!chainsOf(mesh).some(({ name }) => name === source)) {
    return `the number of messages in flight is unknown, because ${source} is not in the mesh: put it back, close its lanes, and take it out when they are empty`;
  }
  return `${count} ${count === 1 ? "message is" : "messages are"} in flight`;
}
