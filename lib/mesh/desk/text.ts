import { timeText } from "../../cli/time";
import { wrap } from "../../cli/wrap";
import { laneKey } from "../limits";
import { chainsOf } from "../mesh";
import type { Mesh, MeshChain } from "../mesh";
import { isPartial, rejected } from "../read";
import type { MeshPlan } from "../read";
import { stateOf } from "../state";
import { openSteps } from "../step";
import type { Step, StepStatus } from "../step";

import { phasesOf } from "./phases";

/** How many steps that come before are named one by one. */
const NAMED_BEFORE = 2;

/** What stands below the name of a step. */
const DETAIL = " ".repeat(11);

/** A plan for people: what is open, chain by chain and sender by sender, with before and after. */
export function planText(mesh: Mesh, plan: MeshPlan): string {
  const open = openSteps(plan.steps);
  const heading = `mesh ${mesh.config.name}: ${summary(plan.steps)}`;
  if (open.length === 0) return `${heading}\nNothing to do: every chain is as declared.`;
  const phases = phasesOf(open);
  const last = Math.max(...phases.values());
  return [
    last > 1 ? `${heading}; in ${last} phases, the number in front of a step` : heading,
    ...chainsOf(mesh).flatMap((chain) => chainLines(chain, open, plan, phases)),
  ].join("\n");
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

/** Which chains do not answer, and why. */
export function unreadLines(unread: ReadonlyMap<string, Error>): string[] {
  return [...unread].flatMap(([name, { message }]) => wrap(`${name} was not read: ${message}`));
}

function chainLines(
  chain: MeshChain,
  open: readonly Step[],
  plan: MeshPlan,
  phases: ReadonlyMap<string, number>,
): string[] {
  const mine = open.filter((step) => step.chain === chain.name);
  if (mine.length === 0) return [];
  const { blockNumber } = stateOf(plan.state, chain);
  let sender = "";
  return [
    "",
    `${chain.name} (chain id ${chain.chainId}, block ${blockNumber})`,
    ...mine.flatMap((step) => {
      const from = `from ${step.call.from} (${step.call.as})`;
      const isNew = from !== sender && !isRepair(step);
      if (isNew) sender = from;
      return [
        ...(isNew ? wrap(from, "  ") : []),
        ...stepLines(step, plan, phases.get(step.id) ?? 1),
      ];
    }),
  ];
}

function stepLines(step: Step, { steps, inFlight }: MeshPlan, phase: number): string[] {
  const { id, title, status, changes, rejects } = step;
  const open = new Set(openSteps(steps).map((other) => other.id));
  const before = step.after.filter((other) => open.has(other));
  const messages = rejects ? rejected(rejects, inFlight) : [];
  const isDestructive = rejects && (!isPartial(rejects) || messages.length > 0);
  const mark = status.kind === "waiting" ? "wait" : "    ";
  return [
    `${String(phase).padStart(4)} ${mark}  ${id}`,
    ...[
      title,
      ...changes.map(({ what, before: was, after }) => `${what}: ${was} -> ${after}`),
      ...(status.kind === "waiting" ? [`waits for ${waitingText(status)}`] : []),
      ...(before.length > 0 ? [`after ${beforeText(before)}`] : []),
      ...(isDestructive ? [`destructive: rejects messages in flight on ${laneKey(rejects)}`] : []),
      ...messages.map(
        ({ messageId, shares }) => `  ${messageId} (${shares ?? "an unknown number of"} shares)`,
      ),
    ].flatMap((text) => wrap(text, DETAIL)),
  ];
}

/** Nobody sends a transaction for what people have to mend. */
function isRepair({ status }: Step): boolean {
  return status.kind === "waiting" && status.cause === "fault";
}

function beforeText(before: readonly string[]): string {
  if (before.length <= NAMED_BEFORE + 1) return before.join(", ");
  return `${before.slice(-NAMED_BEFORE).join(", ")} and ${before.length - NAMED_BEFORE} others`;
}

export { timeText } from "../../cli/time";
