import { messagesInFlight } from "./inFlight";
import type { MessageInFlight } from "./inFlight";
import { laneKey } from "./limits";
import type { Mesh } from "./mesh";
import { planMesh } from "./plan";
import { proposeThroughTimelocks } from "./proposals";
import { readMesh } from "./state";
import type { MeshState, ReadOptions } from "./state";
import { openSteps } from "./step";
import type { Step } from "./step";

/** What should be done to a mesh, and what it was read from. */
export interface MeshPlan {
  readonly state: MeshState;
  readonly steps: readonly Step[];
  /** By lane: the messages in flight that an open step would reject. */
  readonly inFlight: ReadonlyMap<string, readonly MessageInFlight[]>;
}

/** How a plan is made. */
export interface PlanOptions extends ReadOptions {
  /** Whether steps that reject messages in flight may be made. */
  readonly allowDestructive?: boolean;
}

/**
 * Reads every chain and plans what is missing: with proposals where a timelock has to act, and without
 * leave for what would reject messages in flight, unless it is given.
 */
export async function readPlan(mesh: Mesh, options: PlanOptions = {}): Promise<MeshPlan> {
  const state = await readMesh(mesh, options);
  const planned = planMesh(mesh, state);
  const lanes = openSteps(planned).flatMap(({ rejects }) => (rejects ? [rejects] : []));
  const inFlight =
    lanes.length > 0
      ? await messagesInFlight(mesh, lanes, options.store)
      : new Map<string, MessageInFlight[]>();
  const permitted = options.allowDestructive
    ? planned
    : planned.map((step) => withoutLeave(step, inFlight));
  return { state, steps: await proposeThroughTimelocks(mesh, state, permitted), inFlight };
}

function withoutLeave(step: Step, inFlight: ReadonlyMap<string, readonly MessageInFlight[]>): Step {
  const { rejects, status } = step;
  if (!rejects || status.kind !== "todo") return step;
  const count = inFlight.get(laneKey(rejects))?.length ?? 0;
  return {
    ...step,
    status: {
      kind: "waiting",
      cause: "permission",
      reason: `your leave (--allow-destructive): it rejects what arrives on ${laneKey(rejects)}, where ${count} ${count === 1 ? "message is" : "messages are"} in flight`,
    },
  };
}
