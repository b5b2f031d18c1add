import { setTimeout as sleep } from "node:timers/promises";

import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { wrap } from "../wrap";
import { ApplyFailedError, applyMesh } from "../../mesh/apply";
import type { ApplyResult, SendingOptions } from "../../mesh/apply";
import { chainsOf } from "../../core/mesh/mesh";
import { readPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import type { MeshPlan } from "../../mesh/read";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";

import type { OperatorContext } from "../../mesh/operator";
import { stepDocument } from "./document";
import { requireFunds } from "./funds";
import { readPlanFile, requireFresh } from "./planFile";
import { showReadProgress } from "./readProgress";
import { planText, waitingText } from "./text";

/** Waiting and confirmation of a run. */
export interface WorkOptions {
  /** Wait for delays and for CCIP instead of returning. */
  readonly wait: boolean;
  /** Called before the first transaction. @throws when the answer is no, or there is no terminal. */
  confirm(question: string): Promise<void>;
}

export interface ApplyTaskOptions extends WorkOptions {
  readonly json: boolean;
  readonly allowDestructive: boolean;
  /** The part of the plan to apply; everything unless given. */
  readonly only?: Part;
  /** True if every step of a long plan is printed. */
  readonly full?: boolean;
  /** A plan file: only its steps are executed, and only while the chains are unchanged since. */
  readonly file?: string;
}

/** Poll interval on live chains while a run waits, milliseconds. */
const POLL_MS = 10_000;

/** Prints the plan, executes its steps, and prints the remaining ones. */
export async function applyPlan(
  context: OperatorContext,
  options: ApplyTaskOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const { mesh, store } = context;
  const { json, allowDestructive, only, file, full } = options;
  const { during } = showReadProgress(output.log);
  const plan = await readPlan(mesh, { store, allowDestructive, only, during });
  const planFile = file === undefined ? undefined : readPlanFile(file);
  if (planFile) requireFresh(planFile, mesh, plan.state);
  const result = await workOff(
    context,
    plan,
    options,
    output,
    planFile && new Set(planFile.open),
  ).catch(printingFailure(mesh.config.name, options, output));
  if (json) output.stdout(toJson(resultDocument(mesh.config.name, result)));
  else if (openSteps(plan.steps).length === 0) output.stdout(planText(mesh, plan, full));
  else output.stdout(resultText(mesh.config.name, result, file));
  return result;
}

/**
 * Prints a plan with open steps, asks for confirmation, and executes it.
 * @param planned ids of the steps of a plan file: no others are executed.
 */
export async function workOff(
  context: OperatorContext,
  plan: MeshPlan,
  options: Pick<ApplyTaskOptions, "allowDestructive" | "confirm" | "full" | "only" | "wait">,
  output: Pick<Output, "log">,
  planned?: ReadonlySet<string>,
): Promise<ApplyResult> {
  const { mesh, store } = context;
  const { log, during } = showReadProgress(output.log);
  const { allowDestructive, full, only } = options;
  const open = openSteps(plan.steps);
  if (open.length === 0) return { sent: 0, open };
  log(planText(mesh, plan, full));
  const todo = open.filter(({ status }) => status.kind === "todo").length;
  if (todo > 0) {
    await requireFunds(context, open);
    await options.confirm(
      `Send up to ${todo} transactions to ${chainsOf(mesh).length} chains of mesh ${mesh.config.name}?`,
    );
  }
  log(
    planned === undefined
      ? "\nTo go on after an interruption, run the same command again."
      : "\nTo go on after an interruption, plan again: what was done has moved the chains on.",
  );
  return applyMesh(mesh, {
    ...sendingOptions(context, options, log),
    store,
    during,
    allowDestructive,
    only,
    planned,
  });
}

/** Returns the signing, sending and waiting functions of an operator context, with progress in the log. */
export function sendingOptions(
  context: OperatorContext,
  options: Pick<WorkOptions, "wait">,
  log: Output["log"],
): SendingOptions {
  return {
    signerFor: (chain, account) => context.signerFor(chain, account),
    sendOptions: (chain) => context.sendOptions(chain),
    onFailed: ({ id }, reason) => log(`failed   ${id}: ${reason}`),
    onSent: ({ id }) => log(`done     ${id}`),
    onHash: ({ id }, hash) => log(`sent     ${id} ${hash}`),
    whileWaiting: waiter(context, options, log),
  };
}

/** Returns a handler that prints the JSON document of a failed run and rethrows its error. */
export function printingFailure(
  mesh: string,
  { json }: { readonly json: boolean },
  { stdout }: Pick<Output, "stdout">,
): (error: unknown) => never {
  return (error) => {
    if (json && error instanceof ApplyFailedError) stdout(toJson(failureDocument(mesh, error)));
    throw error;
  };
}

/** Returns the JSON document of a failed run. */
function failureDocument(mesh: string, { sent, failures }: ApplyFailedError) {
  return {
    mesh,
    sent,
    upToDate: false,
    failures: failures.map(({ step, reason }) => ({ ...stepDocument(step), reason })),
  };
}

/** Returns the JSON document of a run. */
export function resultDocument(mesh: string, { sent, open }: ApplyResult) {
  return {
    mesh,
    sent,
    upToDate: open.length === 0,
    open: open.map((step) => stepDocument(step)),
  };
}

/**
 * Describes the outcome of a run.
 * @param file the plan file that was applied, if any.
 */
export function resultText(mesh: string, { sent, open }: ApplyResult, file?: string): string {
  const transactions = `${sent} ${sent === 1 ? "transaction" : "transactions"}`;
  if (open.length === 0) return `mesh ${mesh}: ${transactions} sent, nothing left to do.`;
  const waiting = open.filter(({ status }) => status.kind === "waiting");
  return [
    `mesh ${mesh}: ${transactions} sent, ${open.length} ${open.length === 1 ? "step" : "steps"} left.`,
    ...(waiting.length > 0
      ? [
          "Run it again when what these wait for has come; the others come after them:",
          ...waiting.flatMap(({ id, status }) =>
            wrap(`${id} waits for ${waitingText(status)}`, "  "),
          ),
        ]
      : file === undefined
        ? []
        : ["What they need was not in the plan: plan again, look at it, and apply that."]),
    ...(waiting.some(({ status }) => status.kind === "waiting" && status.cause === "signature")
      ? [`What others have to sign is written by "mesh export --safe --mesh ${mesh}".`]
      : []),
  ].join("\n");
}

/**
 * Returns the function that advances time: it moves the clocks of local chains, or waits where that is requested.
 */
function waiter(
  { passTime }: OperatorContext,
  { wait }: Pick<WorkOptions, "wait">,
  log: Output["log"],
): ((steps: readonly Step[]) => Promise<boolean>) | undefined {
  let told = "";
  const tell = (steps: readonly Step[]) => {
    const text = steps.map(({ id, status }) => `waiting  ${id}: ${waitingText(status)}`).join("\n");
    if (text !== told) log(text);
    told = text;
  };
  if (passTime) {
    return (steps) => {
      tell(steps);
      return passTime(steps);
    };
  }
  if (!wait) return undefined;
  return async (steps) => {
    tell(steps);
    await sleep(POLL_MS);
    return true;
  };
}
