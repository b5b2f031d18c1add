import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { readPlan } from "../read";
import type { MeshPlan } from "../read";

import type { Desk } from "./desk";
import { planDocument } from "./document";
import { writePlan } from "./planFile";
import { tellingReads } from "./reads";
import { planText } from "./text";

/** How a plan is shown and kept. */
export interface PlanTaskOptions {
  readonly json: boolean;
  /** Whether every step is told, however many there are. */
  readonly full?: boolean;
  /** A file that the plan is written to, to be applied later. */
  readonly out?: string;
  readonly allowDestructive: boolean;
}

/** Prints what would have to be done. */
export async function showPlan(
  { mesh, store }: Desk,
  { json, full, out, allowDestructive }: PlanTaskOptions,
  { print, say }: Voice = TERMINAL,
): Promise<MeshPlan> {
  const plan = await readPlan(mesh, { store, allowDestructive, during: tellingReads(say).during });
  print(json ? toJson(planDocument(mesh, plan)) : planText(mesh, plan, full));
  if (out) {
    writePlan(out, mesh, plan);
    say(`The plan is in ${out}: apply it with "mesh apply ${out} --mesh ${mesh.config.name}".`);
  }
  return plan;
}
