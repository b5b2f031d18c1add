import { toJson } from "../../core/json";
import type { Mesh } from "../../core/mesh/mesh";
import { applySteps } from "../../mesh/apply";
import type { ApplyResult } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import type { MeshPlan } from "../../mesh/read";
import { openSteps } from "../../mesh/step";
import type { Output } from "../consoleOutput";

import { printingFailure, requireFunds, sendingOptions } from "./apply";
import type { WorkOptions } from "./apply";
import { safeDocument, safeFiles, writeSafeFiles } from "./safe";
import { planText } from "./text";

/** Options of a decision that no mesh file declares. */
export interface DecisionOptions extends WorkOptions {
  /** Write the transactions for Safe's Transaction Builder into this folder, and send nothing. */
  readonly out?: string | undefined;
}

/** A decision: how its steps are read, and the question before the first transaction. */
export interface PlannedDecision {
  /** The chains of the mesh that it concerns. */
  readonly mesh: Mesh;
  readonly question: string;
  /** @param notBefore minimum block numbers by network name. */
  readonly read: (notBefore?: ReadonlyMap<string, number>) => Promise<MeshPlan>;
}

/**
 * Prints the steps of a decision, asks, and sends them; or writes them for Safe. Run again it resumes: an existing
 * proposal is found, and executed once its delay has passed.
 * @returns the steps that are open; `exported` when they were written and nothing was sent.
 */
export async function workOffDecision(
  context: OperatorContext,
  { mesh, question, read }: PlannedDecision,
  { out, json, ...options }: DecisionOptions,
  output: Output,
): Promise<ApplyResult & { readonly exported?: true }> {
  const { log, stdout } = output;
  const plan = await read();
  const open = openSteps(plan.steps);
  if (out !== undefined) {
    // The proposal comes first, its execution in a later phase.
    const files = safeFiles(mesh, plan);
    writeSafeFiles(out, files);
    if (json) stdout(toJson(safeDocument(files)));
    else for (const file of files) stdout(`${out}/${file.name}: ${file.steps.join(", ")}`);
    return { sent: 0, open, exported: true };
  }
  log(planText(mesh, plan, true));
  if (open.some(({ status: { kind } }) => kind === "todo")) {
    await requireFunds({ ...context, mesh }, open);
    await options.confirm(question);
  }
  return applySteps(mesh, read, sendingOptions(context, options, log)).catch(
    printingFailure(mesh.config.name, { json }, output),
  );
}
