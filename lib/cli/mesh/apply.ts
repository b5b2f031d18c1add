import { setTimeout as sleep } from "node:timers/promises";

import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import { ApplyFailedError, applyMesh } from "../../mesh/apply";
import type { ApplyResult, SendingOptions } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";
import { counted, wrap } from "../text";

import { stepDocument } from "./document";
import { requireFunds } from "./funds";
import { readPlanFile, requireFresh } from "./planFile";
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
  const { name } = mesh.config;
  const { during } = showReadProgress(output.log);
  const plan = await readPlan(mesh, { store, allowDestructive, only, during });
  const planFile = file === undefined ? undefined : readPlanFile(file);
  if (planFile) requireFresh(planFile, mesh, plan.state);
  const planned = planFile && new Set(planFile.open);
  const result = await workOff(context, plan, options, output, planned).catch(
    printingFailure(name, options, output),
  );
  if (json) output.stdout(toJson(resultDocument(name, result)));
  else if (openSteps(plan.steps).length === 0) output.stdout(planText(mesh, plan, full));
  else output.stdout(resultText(name, result, file));
  return result;
}

/**
 * Prints a plan with open steps, asks for confirmation, and executes it.
 * @param planned ids of the steps of a plan file: no others are executed.
 */
export async function workOff(
  context: OperatorContext,
  plan: MeshPlan,
  options: Omit<ApplyTaskOptions, "json" | "file">,
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
  const again = planned
    ? "plan again: what was done has moved the chains on."
    : "run the same command again.";
  log(`\nTo go on after an interruption, ${again}`);
  const sending = sendingOptions(context, options, log);
  return applyMesh(mesh, { ...sending, store, during, allowDestructive, only, planned });
}

/** Returns the signing, sending and waiting functions of an operator context, with progress in the log. */
export function sendingOptions(
  context: OperatorContext,
  { wait }: Pick<WorkOptions, "wait">,
  log: Output["log"],
): SendingOptions {
  const { passTime = wait ? () => sleep(POLL_MS, true) : undefined } = context;
  let told = "";
  return {
    signerFor: (chain, account) => context.signerFor(chain, account),
    sendOptions: (chain) => context.sendOptions(chain),
    onFailed: ({ id }, reason) => log(`failed   ${id}: ${reason}`),
    onSent: ({ id }) => log(`done     ${id}`),
    onHash: ({ id }, hash) => log(`sent     ${id} ${hash}`),
    whileWaiting:
      passTime &&
      ((steps) => {
        const lines = steps.map(({ id, status }) => `waiting  ${id}: ${waitingText(status)}`);
        const text = lines.join("\n");
        if (text !== told) log(text);
        told = text;
        return passTime(steps);
      }),
  };
}

/** Returns a handler that prints the JSON document of a failed run and rethrows its error. */
export function printingFailure(
  mesh: string,
  { json }: { readonly json: boolean },
  { stdout }: Pick<Output, "stdout">,
): (error: unknown) => never {
  return (error) => {
    if (json && error instanceof ApplyFailedError) {
      const failures = error.failures.map(({ step, reason }) => ({
        ...stepDocument(step),
        reason,
      }));
      stdout(toJson({ mesh, sent: error.sent, upToDate: false, failures }));
    }
    throw error;
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
  const done = `mesh ${mesh}: ${counted(sent, "transaction")} sent`;
  if (open.length === 0) return `${done}, nothing left to do.`;
  const waiting = waitingLines(open);
  const lines = [`${done}, ${counted(open.length, "step")} left.`];
  if (waiting.length > 0) {
    lines.push("Run it again when what these wait for has come; the others come after them:");
    lines.push(...waiting.flatMap((line) => wrap(line, "  ")));
  } else if (file !== undefined) {
    lines.push("What they need was not in the plan: plan again, look at it, and apply that.");
  }
  if (open.some(({ status }) => status.kind === "waiting" && status.cause === "signature")) {
    lines.push(`What others have to sign is written by "mesh export --safe --mesh ${mesh}".`);
  }
  return lines.join("\n");
}

/** Lists the steps that wait, and what each waits for. */
export function waitingLines(steps: readonly Step[]): string[] {
  return steps
    .filter(({ status }) => status.kind === "waiting")
    .map(({ id, status }) => `${id} waits for ${waitingText(status)}`);
}
