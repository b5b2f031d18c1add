import { laneKey } from "../../core/mesh/limit";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { rejected } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";

export function stepDocument(step: Step, plan?: Pick<MeshPlan, "inFlight">) {
  const { id, chain, title, status, changes, after, call, rejects } = step;
  return {
    id,
    chain,
    title,
    status: status.kind,
    ...(status.kind === "waiting" && {
      waitingFor: status.reason,
      ...(status.until !== undefined && { until: Number(status.until) }),
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
export function planDocument(mesh: Mesh, plan: MeshPlan) {
  const open = openSteps(plan.steps);
  return {
    mesh: mesh.config.name,
    upToDate: open.length === 0,
    ...(plan.selection && {
      only: plan.selection.name,
      dependencies: plan.selection.dependencies,
    }),
    blocks: Object.fromEntries(
      chainsOf(mesh).map((chain) => [chain.name, stateOf(plan.state, chain).blockNumber]),
    ),
    done: plan.steps.length - open.length,
    steps: open.map((step) => stepDocument(step, plan)),
  };
}
