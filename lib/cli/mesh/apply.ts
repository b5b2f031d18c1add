import { setTimeout as sleep } from "node:timers/promises";

import { formatEther } from "ethers";

import { nativeSymbol } from "../../core/chains";
import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import { Problems } from "../../core/problems";
import { ApplyFailedError, applyMesh } from "../../mesh/apply";
import type { ApplyResult, SigningOptions } from "../../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";
import { feesNow, priceOf } from "../../tx/fees";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";
import { counted, wrap } from "../text";

import { stepDocument } from "./document";
import { readPlanFile, requireFresh } from "./planFile";
import { planText, waitingText } from "./text";

/** Waiting and confirmation of a run. */
export interface WorkOptions extends SendingTaskOptions {
  /** Wait for delays and for CCIP instead of returning. */
  readonly wait: boolean;
}

export interface ApplyTaskOptions extends WorkOptions {
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
  const { mesh } = context;
  const { name } = mesh.config;
  const { plan, result } = await workOff(context, options, output);
  if (options.json) output.stdout(toJson(resultDocument(name, result)));
  else if (openSteps(plan.steps).length > 0) {
    output.stdout(resultText(name, result, options.file));
  } else output.stdout(planText(mesh, plan, options.full));
  return result;
}

/** Reads the plan; if it has open steps prints it, asks for confirmation, and executes it. */
export async function workOff(
  context: OperatorContext,
  options: ApplyTaskOptions,
  output: Output,
): Promise<{ readonly plan: MeshPlan; readonly result: ApplyResult }> {
  const { mesh, store } = context;
  const { name } = mesh.config;
  const { allowDestructive, file, full, only } = options;
  const { log, during } = showReadProgress(output.log);
  const planOptions = { store, allowDestructive, only, during };
  const plan = await readPlan(mesh, planOptions);
  const planFile = file === undefined ? undefined : readPlanFile(file);
  if (planFile) requireFresh(planFile, mesh, plan.state);
  const open = openSteps(plan.steps);
  if (open.length === 0) return { plan, result: { sent: 0, open } };
  log(planText(mesh, plan, full));
  const todo = open.filter(({ status }) => status.kind === "todo").length;
  if (todo > 0) {
    await requireFunds(context, open);
    await options.confirm(
      `Send up to ${todo} transactions to ${chainsOf(mesh).length} chains of mesh ${name}?`,
    );
  }
  const again = planFile
    ? "plan again: what was done has moved the chains on."
    : "run the same command again.";
  log(`\nTo go on after an interruption, ${again}`);
  const result = await applyMesh(mesh, {
    ...sendingOptions(context, options, log),
    ...planOptions,
    planned: planFile && new Set(planFile.open),
  }).catch(printingFailure(name, options, output));
  return { plan, result };
}

/** Gas of the smallest transaction: an account that cannot pay for it cannot send any. */
const LEAST_GAS = 21_000n;

/**
 * Checks that every account with an available key can pay for its transactions.
 * @throws naming all accounts that cannot, on all chains.
 */
export async function requireFunds(
  context: OperatorContext,
  steps: readonly Step[],
): Promise<void> {
  const problems = new Problems();
  for (const chain of chainsOf(context.mesh)) {
    const todo = steps.filter(
      ({ chain: name, status }) => name === chain.name && status.kind === "todo",
    );
    for (const account of new Set(todo.map(({ call }) => call.from))) {
      await problems.noting(async () => {
        // An account without a valid key sends nothing, which is reported on signing.
        const hasKey = await context.signerFor(chain, account).then(
          () => true,
          () => false,
        );
        if (!hasKey) return;
        const held = await chain.provider.getBalance(account);
        if (held >= LEAST_GAS * priceOf(await feesNow(chain.provider))) return;
        const count = todo.filter(({ call }) => call.from === account).length;
        throw new OperatorError(
          "NOT_ENOUGH_FUNDS",
          `${account} has ${formatEther(held)} ${nativeSymbol(chain.name)} on ${chain.name}, and ${count} transactions to send there: fund it.`,
        );
      });
    }
  }
  problems.throwAny();
}

/** Returns the signing, sending and waiting functions of an operator context, with progress in the log. */
export function sendingOptions(
  context: OperatorContext,
  { wait }: Pick<WorkOptions, "wait">,
  log: Output["log"],
): SigningOptions {
  const { passTime = wait ? () => sleep(POLL_MS, true) : undefined } = context;
  let reported = "";
  return {
    signerFor: (chain, account) => context.signerFor(chain, account),
    sendOptions: (chain) => context.sendOptions(chain),
    onFailed: ({ id }, reason) => log(`failed   ${id}: ${reason}`),
    onSent: ({ id }) => log(`done     ${id}`),
    onHash: (id, hash) => log(`sent     ${id} ${hash}`),
    whileWaiting:
      passTime &&
      ((steps) => {
        const lines = steps.map(({ id, status }) => `waiting  ${id}: ${waitingText(status)}`);
        const text = lines.join("\n");
        if (text !== reported) log(text);
        reported = text;
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
