import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { compareMesh } from "../../mesh/check";
import type { Comparison, Difference } from "../../mesh/check";
import type { OperatorContext } from "../../mesh/operator";
import { holdsOnAll, unreadDocument } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { showReadProgress } from "../progress";
import { counted, unreadLines, wrap } from "../text";

import { waitingText } from "./text";

/**
 * Compares every chain with the mesh file and reports each difference. A chain that does not answer is reported
 * too, and the others are still compared.
 */
export async function checkMesh(
  { mesh, store, unreachable }: OperatorContext,
  { json }: { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<Comparison> {
  const { during } = showReadProgress(log);
  const comparison = await compareMesh(mesh, { store, during }, unreachable);
  stdout(json ? toJson(checkDocument(mesh, comparison)) : checkText(mesh, comparison));
  for (const line of unreadLines(comparison.unread)) log(line);
  return comparison;
}

function checkDocument(mesh: Mesh, { chains, unread, settings, differences }: Comparison) {
  return {
    mesh: mesh.config.name,
    upToDate: holdsOnAll(differences.length === 0, unread),
    settings,
    blocks: Object.fromEntries([...chains].map(([name, { blockNumber }]) => [name, blockNumber])),
    unread: unreadDocument(unread),
    differences: differences.map((difference) => {
      const { id, chain, changes } = difference;
      return { id, chain, changes, recovery: recoveryOf(difference) };
    }),
  };
}

function checkText(mesh: Mesh, { unread, settings, differences }: Comparison): string {
  const { name } = mesh.config;
  const wrong = differences.filter(({ step }) => step).length;
  const others = differences.length - wrong;
  const count = `${settings - wrong} of ${settings} settings as declared`;
  const beside = others === 0 ? "" : `, ${counted(others, "difference")} beside them`;
  if (unread.size === 0 && differences.length === 0) {
    return `mesh ${name} matches the mesh file: ${count}`;
  }
  const among = unread.size > 0 ? " on the chains that answered" : "";
  const verdict =
    differences.length > 0
      ? `differs from the mesh file${among}`
      : `may match the mesh file or not, for ${[...unread.keys()].join(", ")} was not read; on the others`;
  const lines = chainsOf(mesh).flatMap((chain) => {
    const mine = differences.filter((difference) => difference.chain === chain.name);
    return mine.flatMap((difference) => [`  ${difference.id}`, ...detailLines(difference)]);
  });
  return [`mesh ${name} ${verdict}: ${count}${beside}`, ...lines].join("\n");
}

function detailLines(difference: Difference): string[] {
  const recovery = recoveryOf(difference);
  return [
    ...difference.changes.map(({ what, before, after }) => `${what} is ${before}, not ${after}`),
    ...(recovery === undefined ? [] : [recovery]),
  ].flatMap((text) => wrap(text, "      "));
}

/** Returns the required action, or the event to wait for, where `mesh apply` alone does not remove a difference. */
function recoveryOf({ recovery, step }: Difference): string | undefined {
  if (recovery !== undefined || step?.status.kind !== "waiting") return recovery;
  return `waits for ${waitingText(step.status)}`;
}
