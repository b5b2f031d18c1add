import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";

import type { OperatorContext } from "../../mesh/operator";
import { planDocument } from "./document";
import { writePlan } from "./planFile";
import { showReadProgress } from "./readProgress";
import { planText } from "./text";

/** How a plan is shown and kept. */
export interface PlanTaskOptions {
  readonly json: boolean;
  /** Whether every step is told, however many there are. */
  readonly full?: boolean;
  /** A file that the plan is written to, to be applied later. */
  readonly out?: string;
  readonly allowDestructive: boolean;
  readonly only?: Part;
}

/** Prints what would have to be done. */
export async function showPlan(
  { mesh, store }: OperatorContext,
  { json, full, out, allowDestructive, only }: PlanTaskOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<MeshPlan> {
  const plan = await readPlan(mesh, {
    store,
    allowDestructive,
    only,
    during: showReadProgress(log).during,
  });
  stdout(json ? toJson(planDocument(mesh, plan)) : planText(mesh, plan, full));
  if (out) {
    writePlan(out, mesh, plan);
    log(`The plan is in ${out}: apply it with "mesh apply ${out} --mesh ${mesh.config.name}".`);
  }
  return plan;
}
