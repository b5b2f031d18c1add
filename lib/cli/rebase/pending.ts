import { OperatorError } from "../../core/errors";
import { formatGrowth } from "../../core/growth";
import { toJson } from "../../core/json";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import type { ApplyResult } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { findPending, planPendingChange } from "../../rebase/pendingChange";
import type { RebaseRequest } from "../../rebase/request";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { resultDocument, waitingLines } from "../mesh/apply";
import { workOffDecision } from "../mesh/decision";
import type { DecisionOptions } from "../mesh/decision";
import { counted } from "../text";

/** Options for cancelling or replacing a pending rebase. */
export interface PendingTaskOptions extends DecisionOptions {
  /** The replacement; undefined for a cancellation. */
  readonly request?: RebaseRequest;
}

/**
 * Cancels or replaces the pending rebase, as the admin of the controller or by a proposal to the timelock that is
 * the admin. Run again it resumes: an existing proposal is found, and executed once its delay has passed.
 * @throws OperatorError when the controller would reject the change, or it is too late.
 */
export async function changePending(
  context: OperatorContext,
  { request, json, ...options }: PendingTaskOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const { mesh, store } = context;
  const { name } = mesh.config;
  const { stdout } = output;
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
  const instead = request ? `Replace it by ${formatGrowth(request.growthFactor)}` : "Cancel it";
  const question = `Epoch ${epoch} of mesh ${name} takes effect at ${timeText(effectiveAt)}. ${instead}?`;
  const alone = { ...mesh, satellites: [] };
  const { exported, ...result } = await workOffDecision(
    context,
    { mesh: alone, question, read },
    { ...options, json },
    output,
  );
  if (exported) return result;
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
