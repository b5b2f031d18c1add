import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { wrap } from "../../cli/wrap";
import { compareMesh } from "../check";
import type { Comparison, Difference } from "../check";
import { chainsOf } from "../mesh";
import type { Mesh } from "../mesh";
import { holdsOnAll, unreadDocument } from "../unread";

import type { Desk } from "./desk";
import { tellingReads } from "./reads";
import { unreadLines, waitingText } from "./text";

/**
 * Compares every chain with what is declared, and names each difference. A chain that does not answer
 * is named too, and the others are compared all the same.
 */
export async function checkMesh(
  { mesh, store, unreachable }: Desk,
  { json }: { readonly json: boolean },
  { print, say }: Voice = TERMINAL,
): Promise<Comparison> {
  const comparison = await compareMesh(
    mesh,
    { store, during: tellingReads(say).during },
    unreachable,
  );
  const { unread } = comparison;
  print(json ? toJson(checkDocument(mesh, comparison)) : checkText(mesh, comparison));
  for (const line of unreadLines(unread)) say(line);
  return comparison;
}

function checkDocument(mesh: Mesh, { chains, unread, settings, differences }: Comparison) {
  return {
    mesh: mesh.config.name,
    inStep: holdsOnAll(differences.length === 0, unread),
    settings,
    blocks: Object.fromEntries([...chains].map(([name, { blockNumber }]) => [name, blockNumber])),
    unread: unreadDocument(unread),
    differences: differences.map((difference) => {
      const { id, chain, changes } = difference;
      const remedy = remedyOf(difference);
      return { id, chain, changes, ...(remedy !== undefined && { remedy }) };
    }),
  };
}

function checkText(mesh: Mesh, { unread, settings, differences }: Comparison): string {
  const { name } = mesh.config;
  const wrong = differences.filter(({ step }) => step).length;
  const others = differences.length - wrong;
  const count = `${settings - wrong} of ${settings} settings as declared`;
  const beside =
    others === 0 ? "" : `, ${others} ${others === 1 ? "difference" : "differences"} beside them`;
  if (unread.size === 0 && differences.length === 0) return `mesh ${name} is in step: ${count}`;
  const among = unread.size > 0 ? " on the chains that answered" : "";
  const verdict =
    differences.length > 0
      ? `is not in step${among}`
      : `may be in step or not, for ${[...unread.keys()].join(", ")} was not read; on the others`;
  const lines = chainsOf(mesh).flatMap((chain) => {
    const mine = differences.filter((difference) => difference.chain === chain.name);
    return mine.flatMap((difference) => [`  ${difference.id}`, ...detailLines(difference)]);
  });
  return [`mesh ${name} ${verdict}: ${count}${beside}`, ...lines].join("\n");
}

function detailLines(difference: Difference): string[] {
  const remedy = remedyOf(difference);
  return [
    ...difference.changes.map(({ what, before, after }) => `${what} is ${before}, not ${after}`),
    ...(remedy === undefined ? [] : [remedy]),
  ].flatMap((text) => wrap(text, "      "));
}

/** What somebody has to do or to wait for, where `mesh apply` would not just do it. */
function remedyOf({ remedy, step }: Difference): string | undefined {
  if (remedy !== undefined || step?.status.kind !== "waiting") return remedy;
  return `waits for ${waitingText(step.status)}`;
}
