import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { readPlan } from "../read";
import { openSteps } from "../step";
import type { Step } from "../step";

import type { Desk } from "./desk";
import { planDocument } from "./document";
import { waitingText } from "./text";

/**
 * Compares every chain with what is declared, and names each difference.
 * @returns the differences: none when the mesh is in step.
 */
export async function checkMesh(
  { mesh, store }: Desk,
  { json }: { readonly json: boolean },
  { print }: Voice = TERMINAL,
): Promise<readonly Step[]> {
  const plan = await readPlan(mesh, { store });
  // A proposal is how a difference is mended, not one of its own.
  const drift = openSteps(plan.steps).filter(({ id }) => !id.includes("/timelock/propose "));
  if (json) {
    print(toJson(planDocument(mesh, plan)));
  } else if (drift.length === 0) {
    print(`mesh ${mesh.config.name} is in step: ${plan.steps.length} of ${plan.steps.length}`);
  } else {
    print(
      `mesh ${mesh.config.name} is not in step: ${drift.length} of ${plan.steps.length} differ`,
    );
    for (const { id, changes, status } of drift) {
      const values = changes.map(({ what, before, after }) => `${what} is ${before}, not ${after}`);
      const waits = status.kind === "waiting" ? [`waits for ${waitingText(status)}`] : [];
      print(`  ${id}: ${[...values, ...waits].join("; ")}`);
    }
  }
  return drift;
}
