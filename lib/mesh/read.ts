import { messagesInFlight } from "./inFlight";
import type { MessageInFlight } from "./inFlight";
import { laneKey } from "../core/mesh/limit";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import { planMesh } from "./plan";
import { proposeThroughTimelocks } from "./components/timelock/proposals";
import { readMesh, whileReading } from "./state";
import type { MeshState, ReadOptions } from "./state";
import { openSteps } from "./step";
import type { Rejection, Step } from "./step";
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
  const { allowDestructive, store, only } = options;
  const state = await readMesh(mesh, options);
  const whole = planMesh(mesh, state);
  const { steps: planned, selection } =
    only === undefined ? { steps: whole } : selectSteps(whole, only);
  const lanes = openSteps(planned).flatMap(({ rejects }) =>
    rejects ? [rejects, ...(rejects.others ?? [])] : [],
  );
  const inFlight =
    lanes.length > 0
      ? await whileReading(options, "looking for messages in flight …", () => {
          const blocks = [...state].map(([name, { blockNumber }]) => [name, blockNumber] as const);
          return messagesInFlight(mesh, lanes, store, new Map(blocks));
        })
      : new Map<string, MessageInFlight[]>();
  const done = new Set(planned.filter((step) => step.status.kind === "done").map(({ id }) => id));
  const permitted = planned.map((step): Step => {
    const { rejects, status, after } = step;
    if (allowDestructive || !rejects || status.kind !== "todo") return step;
    const ahead = after.filter((id) => !done.has(id));
    const obstacle = obstacleTo(mesh, rejects, ahead, rejected(rejects, inFlight));
    return obstacle ? { ...step, status: { kind: "waiting", ...obstacle } } : step;
  });
  const steps = await whileReading(options, "reading what was proposed to the timelocks …", () =>
    proposeThroughTimelocks(mesh, state, permitted, options),
  );
  return { state, steps, inFlight, ...(selection && { selection }) };
}

/** Returns the messages in flight that a step would reject. */
export function rejected(
  rejects: Rejection,
  inFlight: ReadonlyMap<string, readonly MessageInFlight[]>,
): readonly MessageInFlight[] {
  const { pool, sharesFrom, fast, others = [] } = rejects;
  const onLanes = [rejects, ...others].flatMap((lane) => inFlight.get(laneKey(lane)) ?? []);
  return onLanes.filter(
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

/** Returns what holds back a step that rejects messages in flight until it is allowed, if anything does. */
function obstacleTo(
  mesh: Mesh,
  rejects: Rejection,
  ahead: readonly string[],
  messages: readonly MessageInFlight[],
): { readonly cause: "permission" | "repair" | "drain"; readonly reason: string } | undefined {
  const { pool, source } = rejects;
  const lane = laneKey(rejects);
  const count = (items: readonly unknown[]) =>
    `${items.length} ${items.length === 1 ? "message" : "messages"}`;
  if (pool !== undefined || rejects.drains) {
    // While more messages may be sent, their number is unknown, and no signature is requested.
    if (ahead.length > 0) {
      const sender = pool === undefined ? "its source" : "the old pool";
      return {
        cause: "permission",
        reason: `${ahead.join(", ")}: until then ${sender} may send messages; or for permission (--allow-destructive)`,
      };
    }
    // Without further messages from the source and none in flight, the step is safe.
    if (messages.length === 0) return undefined;
    const flying = messages.filter(({ failed }) => !failed);
    const ids = (items: readonly MessageInFlight[]) =>
      `sent ${pool === undefined ? "" : "by the old pool "}on ${[...new Set(items.map(laneKey))].join(", ")}: ${items.map(({ messageId }) => messageId).join(", ")}`;
    if (flying.length > 0) {
      return { cause: "drain", reason: `${count(flying)} to arrive, ${ids(flying)}` };
    }
    return {
      cause: "repair",
      reason: `manual execution of failed messages, ${ids(messages)}; or for permission (--allow-destructive) to give it up`,
    };
  }
  if (isPartial(rejects) && messages.length === 0) return undefined;
  const cost = chainsOf(mesh).some(({ name }) => name === source)
    ? `${count(messages)} ${messages.length === 1 ? "is" : "are"} in flight`
    : `the number of messages in flight is unknown, because ${source} is not in the mesh: put it back, close its lanes, and take it out when they are empty`;
  return {
    cause: "permission",
    reason: `permission (--allow-destructive): it rejects what arrives on ${lane}, where ${cost}`,
  };
}
