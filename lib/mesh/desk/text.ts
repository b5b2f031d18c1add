import { timeText } from "../../cli/time";
import { laneKey } from "../limits";
import { chainsOf } from "../mesh";
import type { Mesh } from "../mesh";
import { rejected } from "../read";
import type { MeshPlan } from "../read";
import { stateOf } from "../state";
import { openSteps } from "../step";
import type { Step, StepStatus } from "../step";

/** How many steps that come before are named one by one. */
const NAMED_BEFORE = 3;

/** A plan for people: what is open, chain by chain, with before and after. */
export function planText(mesh: Mesh, plan: MeshPlan): string {
  const open = openSteps(plan.steps);
  const heading = `mesh ${mesh.config.name}: ${summary(plan.steps)}`;
  if (open.length === 0) return `${heading}\nNothing to do: every chain is as declared.`;
  const chains = chainsOf(mesh).flatMap((chain) => {
    const mine = open.filter((step) => step.chain === chain.name);
    if (mine.length === 0) return [];
    const { blockNumber } = stateOf(plan.state, chain);
    return [
      `${chain.name} (chain id ${chain.chainId}, block ${blockNumber})`,
      ...mine.map((step) => stepText(step, plan)),
      "",
    ];
  });
  return [heading, "", ...chains].join("\n").trimEnd();
}

/** How many steps are to do, waiting and done. */
export function summary(steps: readonly Step[]): string {
  const count = (kind: StepStatus["kind"]) =>
    steps.filter(({ status }) => status.kind === kind).length;
  return `${count("todo")} to do, ${count("waiting")} waiting, ${count("done")} done`;
}

/** What a step waits for: for whom or what, and until when. */
export function waitingText(status: StepStatus): string {
  if (status.kind !== "waiting") return "";
  const { reason, until } = status;
  return until === undefined ? reason : `${reason}, until ${timeText(until)}`;
}

function stepText(step: Step, { steps, inFlight }: MeshPlan): string {
  const { id, title, status, changes, call, rejects } = step;
  const done = new Set(steps.filter((other) => other.status.kind === "done").map((s) => s.id));
  const before = step.after.filter((other) => !done.has(other));
  const messages = rejects ? rejected(rejects, inFlight) : [];
  const lines = [
    `  ${status.kind === "waiting" ? "waiting" : "to do  "}  ${id}`,
    `             ${title}`,
    ...changes.map(({ what, before: was, after }) => `             ${what}: ${was} -> ${after}`),
    `             from ${call.from} (${call.as})`,
    ...(status.kind === "waiting" ? [`             waits for ${waitingText(status)}`] : []),
    ...(before.length > 0 ? [`             after ${beforeText(before)}`] : []),
    ...(rejects && (rejects.pool === undefined || messages.length > 0)
      ? [`             destructive: rejects messages in flight on ${laneKey(rejects)}`]
      : []),
    ...messages.map(
      ({ messageId, shares }) =>
        `               ${messageId} (${shares ?? "an unknown number of"} shares)`,
    ),
  ];
  return lines.join("\n");
}

function beforeText(before: readonly string[]): string {
  if (before.length <= NAMED_BEFORE) return before.join(", ");
  return `${before.slice(0, NAMED_BEFORE).join(", ")} and ${before.length - NAMED_BEFORE} more`;
}

export { timeText } from "../../cli/time";
