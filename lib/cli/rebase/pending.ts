import { formatGrowth } from "../../core/growth";
import { toJson } from "../../core/json";
import { OperatorError } from "../../core/errors";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import { applySteps } from "../../mesh/apply";
import type { ApplyResult } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import type { MeshPlan } from "../../mesh/read";
import { openSteps } from "../../mesh/step";
import type { RebaseRequest } from "../../rebase/guards";
import { findPending, planPendingChange } from "../../rebase/pendingChange";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { printingFailure, resultDocument, sendingOptions } from "../mesh/apply";
import type { WorkOptions } from "../mesh/apply";
import { requireFunds } from "../mesh/funds";
import { safeFiles, writeSafeFiles } from "../mesh/safe";
import { planText, waitingText } from "../mesh/text";

/** Options for cancelling or replacing a pending rebase. */
export interface PendingTaskOptions extends WorkOptions {
  /** The replacement; undefined for a cancellation. */
  readonly request?: RebaseRequest;
  /** Write the transactions for Safe's Transaction Builder into this folder, and send nothing. */
  readonly out?: string;
  readonly json: boolean;
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
  const found = await findPending(mesh, request);
  if (found === undefined || found === "same") {
    return nothingToDo(name, { found, request, json }, output);
  }
  const { change, status } = found;
  const read = (notBefore?: ReadonlyMap<string, number>) =>
    planPendingChange(mesh, change, { ...(store && { store }), ...(notBefore && { notBefore }) });
  const plan = await read();
  if (out !== undefined) return exportChange(context, plan, { out, json }, output);

  output.log(planText({ ...mesh, satellites: [] }, plan, true));
  const open = openSteps(plan.steps);
  if (open.some(({ status: { kind } }) => kind === "todo")) {
    await requireFunds(context, open);
    const instead = request ? `Replace it by ${formatGrowth(request.growthFactor)}` : "Cancel it";
    await options.confirm(
      `Epoch ${change.epoch} of mesh ${name} counts from ${timeText(status.effectiveAt)}. ${instead}?`,
    );
  }
  const result = await applySteps(
    mesh,
    async (notBefore) => (await read(notBefore)).steps,
    sendingOptions(context, options, output.log),
  ).catch(printingFailure(name, { json }, output));
  output.stdout(
    json
      ? toJson({
          ...resultDocument(name, result),
          pending: change.epoch,
          newEpoch: change.epoch + 1n,
        })
      : resultText(name, change.epoch, result),
  );
  return result;
}

function nothingToDo(
  name: string,
  {
    found,
    request,
    json,
  }: Pick<PendingTaskOptions, "request" | "json"> & { readonly found: "same" | undefined },
  { stdout }: Output,
): ApplyResult {
  if (request && !found) {
    throw new OperatorError(
      "REBASE_REFUSED",
      `No rebase is pending on mesh ${name}, so that there is none to replace. Schedule one with ${command("rebase execute", { mesh: name })}.`,
    );
  }
  const nothing: ApplyResult = { sent: 0, open: [] };
  stdout(
    json
      ? toJson({ ...resultDocument(name, nothing), pending: null })
      : `mesh ${name}: ${found ? "the pending rebase is this one already: nothing to replace" : "no rebase is pending: nothing to cancel"}.`,
  );
  return nothing;
}

/** Writes the transactions for external signing: the proposal first, its execution in a later phase. */
function exportChange(
  { mesh }: OperatorContext,
  plan: MeshPlan,
  { out, json }: { readonly out: string; readonly json: boolean },
  { stdout }: Output,
): ApplyResult {
  const files = safeFiles({ ...mesh, satellites: [] }, plan);
  writeSafeFiles(out, files);
  if (json) {
    stdout(
      toJson(
        files.map(({ name, phase, chain, owner, steps }) => ({ name, phase, chain, owner, steps })),
      ),
    );
  } else {
    for (const { name, steps } of files) stdout(`${out}/${name}: ${steps.join(", ")}`);
  }
  return { sent: 0, open: openSteps(plan.steps) };
}

function resultText(name: string, epoch: bigint, { sent, open }: ApplyResult): string {
  const transactions = `${sent} ${sent === 1 ? "transaction" : "transactions"} sent`;
  if (open.length === 0) {
    return `mesh ${name}: ${transactions}; epoch ${epoch} will never count. Satellites that have it need the new epoch: ${command("rebase broadcast", { mesh: name })}.`;
  }
  return [
    `mesh ${name}: ${transactions}; epoch ${epoch} is still pending. Run the same command again when what it waits for has come, before epoch ${epoch} counts:`,
    ...open.flatMap(({ id, status }) =>
      status.kind === "waiting" ? [`  ${id} waits for ${waitingText(status)}`] : [],
    ),
    "What others have to sign is written by --out <folder>, for Safe's Transaction Builder.",
  ].join("\n");
}
