import { laneKey } from "../limits";
import { chainsOf } from "../mesh";
import type { Mesh } from "../mesh";
import { rejected } from "../read";
import type { MeshPlan } from "../read";
import { stateOf } from "../state";
import { openSteps } from "../step";
import type { Step } from "../step";

/** A step for machines. */
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

/** A plan for machines: every open step, and the block of each chain that it was read at. */
export function planDocument(mesh: Mesh, plan: MeshPlan) {
  const open = openSteps(plan.steps);
  return {
    mesh: mesh.config.name,
    inStep: open.length === 0,
    blocks: Object.fromEntries(
      chainsOf(mesh).map((chain) => [chain.name, stateOf(plan.state, chain).blockNumber]),
    ),
    done: plan.steps.length - open.length,
    steps: open.map((step) => stepDocument(step, plan)),
  };
}
