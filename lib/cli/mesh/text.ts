import { withoutSecrets } from "../../files/secrets";
import { timeText } from "../../core/time";
import { wrap } from "../wrap";
import { laneKey } from "../../core/mesh/limit";
import { chainsOf, deployerOn } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { isPartial, rejected } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step, StepStatus } from "../../mesh/step";

import { phasesOf } from "./phases";

/** Number of dependencies that are listed by name. */
const NAMED_BEFORE = 2;

/** Indentation below the name of a step. */
const DETAIL = " ".repeat(11);

/** Number of steps up to which a plan is printed in full. */
const SHOWN_IN_FULL = 20;

/**
 * Describes a plan: the open steps by chain and sender, with values before and after. A long plan is summarized by
 * phase and chain, except for steps that wait or reject messages.
 * @param full whether every step of a long plan is printed.
 */
export function planText(mesh: Mesh, plan: MeshPlan, full = false): string {
  const open = openSteps(plan.steps);
  const heading = `mesh ${mesh.config.name}: ${summary(plan.steps)}`;
  if (open.length === 0) {
    const about = plan.selection ? ` as far as ${plan.selection.name} is concerned` : "";
    return `${heading}\nNothing to do: every chain is as declared${about}.`;
  }
  const phases = phasesOf(open);
  const last = Math.max(...phases.values());
  const lines = (steps: readonly Step[]) =>
    chainsOf(mesh).flatMap((chain) =>
      chainLines(chain, steps, plan, phases, (text) => named(mesh, chain, text)),
    );
  if (!full && open.length > SHOWN_IN_FULL) {
    const special = open.filter(({ status, rejects }) => status.kind === "waiting" || rejects);
    return [
      `${heading}; in ${last} ${last === 1 ? "phase" : "phases"}`,
      ...selectionLines(plan),
      "",
      ...summaryLines(mesh, open, phases),
      ...lines(special),
      "",
      "Every step with before and after: add --full.",
    ].join("\n");
  }
  return [
    last > 1 ? `${heading}; in ${last} phases, the number in front of a step` : heading,
    ...selectionLines(plan),
    ...lines(open),
  ].join("\n");
}

/** Describes a partial plan, with the steps that were added as dependencies. */
function selectionLines({ selection }: MeshPlan): string[] {
  if (!selection) return [];
  const { name, dependencies } = selection;
  const rest =
    dependencies.length === 0 ? "." : `, and what comes before: ${dependencies.join(", ")}.`;
  return wrap(`Only ${name}${rest}`);
}

/** Counts steps by phase, chain and sender, a line for each. */
function summaryLines(
  mesh: Mesh,
  open: readonly Step[],
  phases: ReadonlyMap<string, number>,
): string[] {
  const groups = new Map<string, Step[]>();
  for (const chain of chainsOf(mesh)) {
    for (const step of open.filter((one) => one.chain === chain.name)) {
      const sender = namesOn(mesh, chain).get(step.call.from) ?? step.call.from;
      const key = [phases.get(step.id) ?? 1, chain.name, sender].join("|");
      groups.set(key, [...(groups.get(key) ?? []), step]);
    }
  }
  const rows = [...groups]
    .map(([key, steps]) => ({ key: key.split("|"), steps }))
    .sort((a, b) => Number(a.key[0]) - Number(b.key[0]));
  const width = (column: number) => Math.max(...rows.map(({ key }) => key[column]?.length ?? 0));
  return rows.flatMap(({ key: [phase = "", chain = "", sender = ""], steps }) =>
    wrap(
      `phase ${phase.padStart(width(0))}  ${chain.padEnd(width(1))}  ${`${steps.length}`.padStart(3)} by ${sender.padEnd(width(2))}  ${contractsText(steps)}`,
      "  ",
    ),
  );
}

/** Counts steps by contract: "8 token, 4 pool". */
function contractsText(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const { id } of steps) {
    const contract = id.split("/")[1] ?? id;
    counts.set(contract, (counts.get(contract) ?? 0) + 1);
  }
  return [...counts].map(([contract, count]) => `${count} ${contract}`).join(", ");
}

/** Appends its name to every known address in a line. */
function named(mesh: Mesh, chain: MeshChain, line: string): string {
  const names = namesOn(mesh, chain);
  return line.replace(/0x[0-9a-fA-F]{40}\b/g, (address, at: number) => {
    const name = names.get(address);
    const hasOne = line.startsWith(" (", at + address.length);
    return name === undefined || hasOne ? address : `${address} (${name})`;
  });
}

/**
 * Returns the names of addresses on a chain: its own contracts first, then accounts, then other chains' contracts.
 */
function namesOn(mesh: Mesh, chain: MeshChain): Map<string, string> {
  const { config } = mesh;
  const contracts = ({ contracts: all }: MeshChain): [string, string][] =>
    Object.entries(all).map(([name, address]) => [String(address), name]);
  const others = chainsOf(mesh).filter((other) => other !== chain);
  const accounts = Object.entries({ ...config.roles, ...config.chains?.[chain.name]?.roles });
  const safe = config.chains?.[chain.name]?.safe;
  // Later entries override earlier ones.
  return new Map([
    ...others.flatMap((other) =>
      contracts(other).map(([address, name]): [string, string] => [
        address,
        `${name} of ${other.name}`,
      ]),
    ),
    ...accounts.map(([role, account]): [string, string] => [account, role]),
    ...(safe === undefined ? [] : [[safe, "Safe"] as [string, string]]),
    [deployerOn(mesh, chain.name), "deployer"],
    ...contracts(chain),
    [chain.ccip.router, "CCIP router"],
    [chain.ccip.tokenAdminRegistry, "CCIP registry"],
  ]);
}

/** Counts the steps that are ready, waiting and done. */
export function summary(steps: readonly Step[]): string {
  const count = (kind: StepStatus["kind"]) =>
    steps.filter(({ status }) => status.kind === kind).length;
  return `${count("todo")} to do, ${count("waiting")} waiting, ${count("done")} done`;
}

/** Describes the condition that a step waits for, and its end time. */
export function waitingText(status: StepStatus): string {
  if (status.kind !== "waiting") return "";
  const { reason, until } = status;
  return until === undefined ? reason : `${reason}, until ${timeText(until)}`;
}

/** Lists the chains that do not answer, with the reasons. */
export function unreadLines(unread: ReadonlyMap<string, Error>): string[] {
  return [...unread].flatMap(([name, { message }]) =>
    wrap(`${name} was not read: ${withoutSecrets(message)}`),
  );
}

function chainLines(
  chain: MeshChain,
  open: readonly Step[],
  plan: MeshPlan,
  phases: ReadonlyMap<string, number>,
  name: (text: string) => string,
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
        ...(isNew ? wrap(name(from), "  ") : []),
        ...stepLines(step, plan, phases.get(step.id) ?? 1, name),
      ];
    }),
  ];
}

function stepLines(
  step: Step,
  { steps, inFlight }: MeshPlan,
  phase: number,
  name: (text: string) => string,
): string[] {
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
    ].flatMap((text) => wrap(name(text), DETAIL)),
  ];
}

/** Returns whether a step is drift that no transaction of the plan fixes. */
function isRepair({ status }: Step): boolean {
  return status.kind === "waiting" && status.cause === "drift";
}

function beforeText(before: readonly string[]): string {
  if (before.length <= NAMED_BEFORE + 1) return before.join(", ");
  return `${before.slice(-NAMED_BEFORE).join(", ")} and ${before.length - NAMED_BEFORE} others`;
}

export { timeText } from "../../core/time";
