import { chainsOf } from "../core/mesh/mesh";
import { ApplyFailedError, applyMesh } from "../mesh/apply";
import type { ApplyOptions, ApplyResult } from "../mesh/apply";
import { compareMesh } from "../mesh/check";
import type { Difference } from "../mesh/check";
import type { LogStore } from "../rpc/logs";
import { auditOrRead } from "../supply/audit";

import { answersOf, questionsFor } from "./answers";
import type { ForkedMesh } from "./forks";

/** Options of a rehearsal. */
interface RehearsalOptions extends Pick<
  ApplyOptions,
  "allowDestructive" | "only" | "onSent" | "onFailed" | "during"
> {
  /** Logs of the real chains that were kept; nothing of the forks is kept there. */
  readonly store?: LogStore;
}

/** The outcome of a plan on forks. */
export interface Rehearsal extends ApplyResult {
  /** Steps that failed, and why. */
  readonly failures: readonly { readonly id: string; readonly reason: string }[];
  /** Findings of `mesh check` afterwards. */
  readonly differences: readonly Difference[];
  /** Failed checks of `supply audit` afterwards; empty while it holds. */
  readonly audit: readonly string[];
  /** Number of compared answers of the tokens. */
  readonly compared: number;
  /** Answers of a token that are not the same after the plan as without it. */
  readonly changed: readonly Record<"chain" | "question" | "before" | "after", string>[];
  /** The chains whose token was upgraded: there no answer should change. */
  readonly upgraded: readonly string[];
}

/**
 * Runs a plan on forks: owners are impersonated and delays pass. Then checks the wiring, counts the supply, and
 * compares what the tokens answer with what they would at the same time without the plan.
 */
export async function rehearse(
  forks: ForkedMesh,
  { store, ...options }: RehearsalOptions,
): Promise<Rehearsal> {
  // CCIP delivers nothing on forks, so that each chain proposes for itself what home would.
  const mesh = { ...forks.mesh, config: { ...forks.mesh.config, governance: "local" as const } };
  const chains = chainsOf(mesh);
  const load = (key: string) => store?.load(key);
  const reading = { store: store && { load, save: () => undefined } };
  const questions = await Promise.all(chains.map(questionsFor));
  const upgraded: string[] = [];
  const answers = () => Promise.all(chains.map((chain, i) => answersOf(chain, questions[i] ?? [])));
  const outcome = await forks.andBack(async () => {
    const applied = await applyMesh(mesh, {
      ...options,
      ...reading,
      onSent: (step) => {
        if (step.id === `${step.chain}/token/upgrade`) upgraded.push(step.chain);
        options.onSent?.(step);
      },
      signerFor: (chain, account) => forks.signerFor(chain, account),
      whileWaiting: (steps) => forks.passTime(steps),
    }).then(
      (result) => ({ ...result, failures: [] }),
      (error: unknown) => {
        if (!(error instanceof ApplyFailedError)) throw error;
        const failures = error.failures.map(({ step, reason }) => ({ id: step.id, reason }));
        return { sent: error.sent, open: [], failures };
      },
    );
    const { differences } = await compareMesh(mesh, reading);
    const audit = await auditOrRead(mesh, reading);
    const wrong =
      "reason" in audit
        ? [audit.reason]
        : audit.checks.filter(({ holds }) => !holds).map(({ finding }) => finding);
    return { ...applied, differences, audit: wrong, after: await answers() };
  });
  const before = await answers();
  const { after, ...rest } = outcome;
  const changed = chains.flatMap(({ name: chain }, i) =>
    (questions[i] ?? []).flatMap(({ name: question }, j) => {
      const [was = "", is = ""] = [before[i]?.[j], after[i]?.[j]];
      return was === is ? [] : [{ chain, question, before: was, after: is }];
    }),
  );
  return { ...rest, compared: questions.flat().length, changed, upgraded };
}

/** Returns whether everything is as it should be after a rehearsal. Roles and pools change some answers, an upgrade none. */
export function isSound({ failures, differences, audit, changed, upgraded }: Rehearsal): boolean {
  return (
    [failures, differences, audit].every((list) => list.length === 0) &&
    changed.every(({ chain }) => !upgraded.includes(chain))
  );
}
