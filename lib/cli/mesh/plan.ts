import { toJson } from "../../core/json";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";

import { planDocument } from "./document";
import { writePlan } from "./planFile";
import { planText } from "./text";

export interface PlanTaskOptions {
  readonly json: boolean;
  /** True if every step of a long plan is printed. */
  readonly full?: boolean;
  /** File that the plan is written to, for `mesh apply <file>`. */
  readonly out?: string;
  readonly allowDestructive: boolean;
  readonly only?: Part;
}

/** Prints the plan, and writes it to a file if one is given. */
export async function showPlan(
  { mesh, store }: OperatorContext,
  { json, full, out, allowDestructive, only }: PlanTaskOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<MeshPlan> {
  const { during } = showReadProgress(log);
  const plan = await readPlan(mesh, { store, allowDestructive, only, during });
  stdout(json ? toJson(planDocument(mesh, plan)) : planText(mesh, plan, full));
  if (out) {
    writePlan(out, mesh, plan);
    log(`The plan is in ${out}: apply it with "mesh apply ${out} --mesh ${mesh.config.name}".`);
  }
  return plan;
}
