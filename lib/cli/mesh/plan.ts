import { toJson } from "../../core/json";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { withDependents } from "../../mesh/step";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";
import { counted } from "../text";

import { planDocument } from "./document";
import { writePlan } from "./planFile";
import { safeDocument, safeFiles, writeSafeFiles } from "./safe";
import type { SafeFile } from "./safe";
import { planText } from "./text";

/** The plan that a task reads. */
interface PlanChoice {
  readonly json: boolean;
  readonly allowDestructive: boolean;
  /** The part of it; everything unless given. */
  readonly only?: Part;
}

export interface PlanTaskOptions extends PlanChoice {
  /** True if every step of a long plan is printed. */
  readonly full?: boolean;
  /** File that the plan is written to, for `mesh apply <file>`. */
  readonly out?: string;
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

/**
 * Writes the open steps for external signing into the folder `out`, one file per phase, chain and owner.
 * @returns the files, and the ids of open steps that wait for something besides a signature.
 */
export async function exportMesh(
  { mesh, store }: OperatorContext,
  { json, out, allowDestructive, only }: PlanChoice & { readonly out: string },
  { stdout, log }: Output = consoleOutput,
): Promise<{ readonly files: readonly SafeFile[]; readonly leftOut: readonly string[] }> {
  const { during } = showReadProgress(log);
  const plan = await readPlan(mesh, { store, allowDestructive, only, during });
  const withheld = new Map<string, string>();
  for (const { id, status } of plan.steps) {
    if (status.kind !== "waiting" || status.cause === undefined) continue;
    if (status.cause !== "signature") withheld.set(id, `it waits for ${status.reason}`);
  }
  const leftOut = withDependents(plan.steps, withheld.keys());
  const files = safeFiles(mesh, {
    ...plan,
    steps: plan.steps.filter(({ id }) => !leftOut.has(id)),
  });
  writeSafeFiles(out, files);
  for (const id of leftOut) log(`left out ${id}: ${withheld.get(id) ?? "it comes after"}`);
  if (json) stdout(toJson(safeDocument(files)));
  else if (files.length === 0) {
    stdout(`mesh ${mesh.config.name}: nothing to sign${leftOut.size === 0 ? "" : " yet"}.`);
  } else {
    for (const { name, steps } of files) {
      stdout(`${out}/${name}: ${counted(steps.length, "transaction")}`);
    }
  }
  return { files, leftOut: [...leftOut] };
}
