import { chainsOf } from "../../core/mesh/mesh";
import { toJson } from "../../core/json";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { forkMesh } from "../../rehearsal/forks";
import { isSound, rehearse } from "../../rehearsal/rehearse";
import type { Rehearsal } from "../../rehearsal/rehearse";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { wrap } from "../wrap";
import { stepDocument } from "./document";
import { showReadProgress } from "./readProgress";
import { planText, waitingText } from "./text";

export interface RehearseOptions {
  readonly json: boolean;
  readonly allowDestructive: boolean;
  readonly full?: boolean;
  /** The part of the plan to rehearse; everything unless given. */
  readonly only?: Part;
  /** RPC URLs of the forked chains, by network name. */
  readonly urls: ReadonlyMap<string, string>;
}

/** Runs the plan on forks of the chains and prints the remaining differences. Sends nothing to the chains. */
export async function rehearsePlan(
  { mesh, store }: OperatorContext,
  { json, allowDestructive, full, only, urls }: RehearseOptions,
  output: Output = consoleOutput,
): Promise<Rehearsal> {
  const { log, during } = showReadProgress(output.log);
  const plan = await readPlan(mesh, { store, allowDestructive, only, during });
  log(planText(mesh, plan, full));
  const forks = await forkMesh(mesh, urls);
  try {
    const names = chainsOf(mesh).map(({ name }) => name);
    log(`\nRehearsing on forks of ${names.join(", ")}; nothing is sent to the chains.`);
    const rehearsal = await rehearse(forks, {
      store,
      allowDestructive,
      only,
      onSent: ({ id }) => log(`done     ${id}`),
      onFailed: ({ id }, reason) => log(`failed   ${id}: ${reason}`),
    });
    output.stdout(
      json ? toJson(document(mesh.config.name, rehearsal)) : text(mesh.config.name, rehearsal),
    );
    return rehearsal;
  } finally {
    await forks.stop();
  }
}

function document(mesh: string, rehearsal: Rehearsal) {
  const { sent, open, failures, differences, audit, compared, changed } = rehearsal;
  return {
    mesh,
    sound: isSound(rehearsal),
    sent,
    open: open.map((step) => stepDocument(step)),
    failures,
    differences: differences.map(({ id, chain, changes }) => ({ id, chain, changes })),
    audit,
    compared,
    changed,
  };
}

function text(mesh: string, rehearsal: Rehearsal): string {
  const { sent, open, failures, differences, audit, compared, changed } = rehearsal;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`${title}:`, ...lines.flatMap((line) => wrap(line, "  "))];
  const waiting = open.filter(({ status }) => status.kind === "waiting");
  return [
    `mesh ${mesh}: ${sent} ${sent === 1 ? "transaction" : "transactions"} rehearsed, ${compared} answers of the tokens compared, ${changed.length} differ.`,
    ...list(
      "Failed",
      failures.map(({ id, reason }) => `${id}: ${reason}`),
    ),
    ...list(
      "Not rehearsed, because it waits for more than time",
      waiting.map(({ id, status }) => `${id} waits for ${waitingText(status)}`),
    ),
    ...list(
      "mesh check would report",
      differences.map(
        ({ id, changes }) =>
          `${id}: ${changes.map(({ what, before, after }) => `${what} is ${before}, not ${after}`).join("; ")}`,
      ),
    ),
    ...list("supply audit would report", audit),
    ...list(
      "The tokens would answer otherwise",
      changed.map(
        ({ chain, question, before, after }) => `${chain}: ${question}: ${before} -> ${after}`,
      ),
    ),
    ...(isSound(rehearsal) ? ["Everything would be as declared, and every share in place."] : []),
  ].join("\n");
}
