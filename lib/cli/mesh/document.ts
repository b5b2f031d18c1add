import { laneKey } from "../../core/mesh/limit";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { rejected } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";

/** Returns the JSON document of a step. */
export function stepDocument(step: Step, plan?: Pick<MeshPlan, "inFlight">) {
  const { id, chain, title, status, changes, after, call, rejects } = step;
  return {
    id,
    chain,
    title,
    status: status.kind,
    ...(status.kind === "waiting" && {
      waitingFor: status.reason,
      until: status.until === undefined ? undefined : Number(status.until),
    }),
    changes,
    after,
    call,
    ...(rejects && {
      destructive: true,
      rejects: laneKey(rejects),
      inFlight: plan ? rejected(rejects, plan.inFlight) : [],
    }),
  };
}

/** Returns the JSON document of a plan: every open step, and the block at which each chain was read. */
export function planDocument(mesh: Mesh, { state, steps, selection, inFlight }: MeshPlan) {
  const open = openSteps(steps);
  return {
    mesh: mesh.config.name,
    upToDate: open.length === 0,
    ...(selection && { only: selection.name, dependencies: selection.dependencies }),
    blocks: Object.fromEntries(
      chainsOf(mesh).map((chain) => [chain.name, stateOf(state, chain).blockNumber]),
    ),
    done: steps.length - open.length,
    steps: open.map((step) => stepDocument(step, { inFlight })),
  };
}

/** Returns the phase of every open step, from 1: one after the last phase of its dependencies. */
export function phasesOf(open: readonly Step[]): Map<string, number> {
  const levels = new Map<string, number>();
  // A plan lists a step after its dependencies.
  for (const { id, after } of open) {
    levels.set(id, 1 + Math.max(0, ...after.map((before) => levels.get(before) ?? 0)));
  }
  return levels;
}
