import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import type { OperatorContext } from "../../mesh/operator";
import { readPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { forkMesh } from "../../rehearsal/forks";
import { isSound, rehearse } from "../../rehearsal/rehearse";
import type { Rehearsal } from "../../rehearsal/rehearse";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";
import { counted, wrap } from "../text";

import { waitingLines } from "./apply";
import { stepDocument } from "./document";
import { planText } from "./text";

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
    const chains = chainsOf(mesh).map((chain) => chain.name);
    log(`\nRehearsing on forks of ${chains.join(", ")}; nothing is sent to the chains.`);
    const rehearsal = await rehearse(forks, {
      store,
      allowDestructive,
      only,
      onSent: ({ id }) => log(`done     ${id}`),
      onFailed: ({ id }, reason) => log(`failed   ${id}: ${reason}`),
    });
    const { name } = mesh.config;
    output.stdout(json ? toJson(document(name, rehearsal)) : text(name, rehearsal));
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
  const lists: Record<string, readonly string[]> = {
    Failed: failures.map(({ id, reason }) => `${id}: ${reason}`),
    "Not rehearsed, because it waits for more than time": waitingLines(open),
    "mesh check would report": differences.map(({ id, changes }) => {
      const values = changes.map(({ what, before, after }) => `${what} is ${before}, not ${after}`);
      return `${id}: ${values.join("; ")}`;
    }),
    "supply audit would report": audit,
    "The tokens would answer otherwise": changed.map(
      ({ chain, question, before, after }) => `${chain}: ${question}: ${before} -> ${after}`,
    ),
  };
  return [
    `mesh ${mesh}: ${counted(sent, "transaction")} rehearsed, ${compared} answers of the tokens compared, ${changed.length} differ.`,
    ...Object.entries(lists)
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => [`${title}:`, ...lines.flatMap((line) => wrap(line, "  "))]),
    ...(isSound(rehearsal) ? ["Everything would be as declared, and every share in place."] : []),
  ].join("\n");
}
