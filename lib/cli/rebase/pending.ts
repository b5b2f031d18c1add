import { OperatorError } from "../../core/errors";
import { formatGrowth } from "../../core/growth";
import { toJson } from "../../core/json";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import { applySteps } from "../../mesh/apply";
import type { ApplyResult } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { openSteps } from "../../mesh/step";
import { findPending, planPendingChange } from "../../rebase/pendingChange";
import type { RebaseRequest } from "../../rebase/request";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import {
  printingFailure,
  requireFunds,
  resultDocument,
  sendingOptions,
  waitingLines,
} from "../mesh/apply";
import type { WorkOptions } from "../mesh/apply";
import { safeDocument, safeFiles, writeSafeFiles } from "../mesh/safe";
import { planText } from "../mesh/text";
import { counted } from "../text";

/** Options for cancelling or replacing a pending rebase. */
export interface PendingTaskOptions extends WorkOptions {
  /** The replacement; undefined for a cancellation. */
  readonly request?: RebaseRequest;
  /** Write the transactions for Safe's Transaction Builder into this folder, and send nothing. */
  readonly out?: string | undefined;
}

/**
 * Cancels or replaces the pending rebase, as the admin of the controller or by a proposal to the timelock that is
 * the admin. Run again it resumes: an existing proposal is found, and executed once its delay has passed.
 * @throws OperatorError when the controller would reject the change, or it is too late.
 */
export async function changePending(
  context: OperatorContext,
  { request, out, json, ...options }: PendingTaskOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const { mesh, store } = context;
  const { name } = mesh.config;
  const { log, stdout } = output;
  const found = await findPending(mesh, request);
  if (request && !found) {
    throw new OperatorError(
      "REBASE_REFUSED",
      `No rebase is pending on mesh ${name}, so that there is none to replace. Schedule one with ${command("rebase execute", { mesh: name })}.`,
    );
  }
  if (!found || found === "same") {
    const nothing: ApplyResult = { sent: 0, open: [] };
    const why = found
      ? "the pending rebase is this one already: nothing to replace"
      : "no rebase is pending: nothing to cancel";
    const document = { ...resultDocument(name, nothing), pending: null };
    stdout(json ? toJson(document) : `mesh ${name}: ${why}.`);
    return nothing;
  }
  const { epoch, effectiveAt } = found;
  const read = (notBefore?: ReadonlyMap<string, number>) =>
    planPendingChange(mesh, found, { store, notBefore });
  const plan = await read();
  const open = openSteps(plan.steps);
  if (out !== undefined) {
    // The proposal comes first, its execution in a later phase.
    const files = safeFiles({ ...mesh, satellites: [] }, plan);
    writeSafeFiles(out, files);
    if (json) stdout(toJson(safeDocument(files)));
    else for (const file of files) stdout(`${out}/${file.name}: ${file.steps.join(", ")}`);
    return { sent: 0, open };
  }
  log(planText({ ...mesh, satellites: [] }, plan, true));
  if (open.some(({ status: { kind } }) => kind === "todo")) {
    await requireFunds(context, open);
    const instead = request ? `Replace it by ${formatGrowth(request.growthFactor)}` : "Cancel it";
    await options.confirm(
      `Epoch ${epoch} of mesh ${name} takes effect at ${timeText(effectiveAt)}. ${instead}?`,
    );
  }
  const result = await applySteps(mesh, read, sendingOptions(context, options, log)).catch(
    printingFailure(name, { json }, output),
  );
  const document = { ...resultDocument(name, result), pending: epoch, newEpoch: epoch + 1n };
  stdout(json ? toJson(document) : resultText(name, epoch, result));
  return result;
}

function resultText(name: string, epoch: bigint, { sent, open }: ApplyResult): string {
  const transactions = `${counted(sent, "transaction")} sent`;
  if (open.length === 0) {
    return `mesh ${name}: ${transactions}; epoch ${epoch} will never count. Satellites that have it need the new epoch: ${command("rebase broadcast", { mesh: name })}.`;
  }
  return [
    `mesh ${name}: ${transactions}; epoch ${epoch} is still pending. Run the same command again when what it waits for has come, before epoch ${epoch} takes effect:`,
    ...waitingLines(open).map((line) => `  ${line}`),
    "What others have to sign is written by --out <folder>, for Safe's Transaction Builder.",
  ].join("\n");
}
