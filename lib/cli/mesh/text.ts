import { groupBy } from "ccip-localnet/protocol";

import { laneKey } from "../../core/mesh/limit";
import { chainsOf, deployerOn } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import { isPartial, rejected } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step, StepStatus } from "../../mesh/step";
import { counted, wrap } from "../text";

import { phasesOf } from "./document";

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
    chainsOf(mesh).flatMap((chain) => chainLines(mesh, chain, steps, plan, phases));
  if (!full && open.length > SHOWN_IN_FULL) {
    const special = open.filter(({ status, rejects }) => status.kind === "waiting" || rejects);
    return [
      `${heading}; in ${counted(last, "phase")}`,
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
  const rows = chainsOf(mesh).flatMap((chain) => {
    const names = namesOn(mesh, chain);
    const mine = open.filter((step) => step.chain === chain.name);
    const groups = groupBy(mine, ({ id, call }) => `${phases.get(id)} ${call.from}`);
    return [...groups].map(([key, steps]) => {
      const [phase = "", from = ""] = key.split(" ");
      return { phase, chain: chain.name, sender: names.get(from) ?? from, steps };
    });
  });
  const width = (column: "phase" | "chain" | "sender") =>
    Math.max(...rows.map((row) => row[column].length));
  return rows
    .sort((a, b) => Number(a.phase) - Number(b.phase))
    .flatMap(({ phase, chain, sender, steps }) =>
      wrap(
        `phase ${phase.padStart(width("phase"))}  ${chain.padEnd(width("chain"))}  ${`${steps.length}`.padStart(3)} by ${sender.padEnd(width("sender"))}  ${contractsText(steps)}`,
        "  ",
      ),
    );
}

/** Counts steps by contract: "8 token, 4 pool". */
function contractsText(steps: readonly Step[]): string {
  const groups = groupBy(steps, ({ id }) => id.split("/")[1]);
  return [...groups].map(([contract, { length }]) => `${length} ${contract}`).join(", ");
}

/** Returns the names of addresses on a chain: its own contracts first, then accounts, then other chains' contracts. */
function namesOn(mesh: Mesh, chain: MeshChain): Map<string, string> {
  const { roles, chains } = mesh.config;
  const own = chains?.[chain.name];
  const others = chainsOf(mesh).filter((other) => other !== chain);
  // Later entries override earlier ones.
  return new Map<string, string>([
    ...others.flatMap(({ name, contracts }) =>
      Object.entries(contracts).map(
        ([contract, address]) => [String(address), `${contract} of ${name}`] as const,
      ),
    ),
    ...Object.entries({ ...roles, ...own?.roles }).map(
      ([role, account]) => [account, role] as const,
    ),
    ...(own?.safe === undefined ? [] : [[own.safe, "Safe"] as const]),
    ...ownNames(mesh, chain),
    [chain.ccip.router, "CCIP router"],
    [chain.ccip.tokenAdminRegistry, "CCIP registry"],
  ]);
}

/** Returns the names of the deployer and of the contracts on a chain. */
export function ownNames(mesh: Mesh, { name, contracts }: MeshChain): [string, string][] {
  return [
    [deployerOn(mesh, name), "deployer"],
    ...Object.entries(contracts).map(([contract, address]): [string, string] => [
      String(address),
      contract,
    ]),
  ];
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

function chainLines(
  mesh: Mesh,
  chain: MeshChain,
  open: readonly Step[],
  plan: MeshPlan,
  phases: ReadonlyMap<string, number>,
): string[] {
  const mine = open.filter((step) => step.chain === chain.name);
  if (mine.length === 0) return [];
  const names = namesOn(mesh, chain);
  let sender = "";
  return [
    "",
    `${chain.name} (chain id ${chain.chainId}, block ${stateOf(plan.state, chain).blockNumber})`,
    ...mine.flatMap((step) => {
      const from = `from ${step.call.from} (${step.call.as})`;
      // No transaction of the plan fixes what is drift.
      const isDrift = step.status.kind === "waiting" && step.status.cause === "drift";
      const isNew = from !== sender && !isDrift;
      if (isNew) sender = from;
      const mark = step.status.kind === "waiting" ? "wait" : "    ";
      return [
        ...(isNew ? wrap(named(names, from), "  ") : []),
        `${String(phases.get(step.id) ?? 1).padStart(4)} ${mark}  ${step.id}`,
        ...stepLines(step, plan).flatMap((text) => wrap(named(names, text), DETAIL)),
      ];
    }),
  ];
}

function stepLines(step: Step, { steps, inFlight }: MeshPlan): string[] {
  const { title, status, changes, rejects } = step;
  const open = new Set(openSteps(steps).map(({ id }) => id));
  const before = step.after.filter((id) => open.has(id));
  const messages = rejects ? rejected(rejects, inFlight) : [];
  const isDestructive = rejects && (!isPartial(rejects) || messages.length > 0);
  return [
    title,
    ...changes.map(({ what, before: was, after }) => `${what}: ${was} -> ${after}`),
    ...(status.kind === "waiting" ? [`waits for ${waitingText(status)}`] : []),
    ...(before.length > 0 ? [`after ${beforeText(before)}`] : []),
    ...(isDestructive ? [`destructive: rejects messages in flight on ${laneKey(rejects)}`] : []),
    ...messages.map(
      ({ messageId, shares }) => `  ${messageId} (${shares ?? "an unknown number of"} shares)`,
    ),
  ];
}

/** Appends its name to every known address in a line. */
function named(names: ReadonlyMap<string, string>, line: string): string {
  return line.replace(/0x[0-9a-fA-F]{40}\b/g, (address, at: number) => {
    const name = names.get(address);
    const hasOne = line.startsWith(" (", at + address.length);
    return name === undefined || hasOne ? address : `${address} (${name})`;
  });
}

function beforeText(before: readonly string[]): string {
  if (before.length <= NAMED_BEFORE + 1) return before.join(", ");
  return `${before.slice(-NAMED_BEFORE).join(", ")} and ${before.length - NAMED_BEFORE} others`;
}
