import { localnetRoot } from "../../../config/env";
import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";

import { command } from "../../message/remedy";
import { SameChainError } from "../../mesh/members";
import { readHolds, writeHolds } from "../holds";
import type { Hold } from "../holds";
import { runningChain, runningNetwork } from "../running";

/** Which lanes: all that begin and end where it says, and all of them where it says nothing. */
export interface LaneChoice {
  /** Network names. */
  readonly from?: string;
  readonly to?: string;
  /** Below which the network keeps its files; the project's own unless named. */
  readonly directory?: string;
  /** One JSON document instead of prose. */
  readonly json?: boolean;
}

/** Keeps the DON of the running local network from delivering. Curses and clocks are not touched. */
export function holdLanes(
  { execution, ...choice }: LaneChoice & { readonly execution: boolean },
  { print }: Voice = TERMINAL,
): void {
  const { from, to, directory } = checked(choice);
  const what = execution ? "execution" : "everything";
  writeHolds(directory, [
    ...readHolds(directory).filter(isOther({ from, to })),
    { from, to, what },
  ]);
  if (choice.json) return print(documentOf({ from, to }, what, true));
  print(
    `Held: ${laneText({ from, to })}${execution ? ", where messages are verified and not executed" : ""}. Let go with "npx hardhat localnet release".`,
  );
}

/**
 * Lets the DON deliver again on the lanes that are chosen, all of them without a choice.
 * @throws when a hold on more lanes than these would go on holding one of them.
 */
export function releaseLanes(choice: LaneChoice, { print }: Voice = TERMINAL): void {
  const { from, to, directory } = checked(choice);
  const held = readHolds(directory);
  const isAll = from === undefined && to === undefined;
  const show = (changed: boolean, text: string) =>
    print(choice.json ? documentOf({ from, to }, null, changed) : text);
  const left = held.filter((hold) => !isPart(hold, { from, to }));
  const wider = left.find((hold) => overlap(hold, { from, to }));
  if (wider) {
    const options = { from: wider.from, to: wider.to };
    throw new Error(
      `${laneText({ from, to })} stays held with ${laneText(wider)}: release all of that with \`${command("localnet release", options)}\`.`,
    );
  }
  if (left.length === held.length) {
    show(false, `${laneText({ from, to })} ${isAll ? "are" : "is"} not held: nothing to do.`);
    return;
  }
  writeHolds(directory, left);
  show(true, `Released: ${laneText({ from, to })}.`);
}

/** What is held now on the lanes named; null stands for every chain, and for nothing. */
function documentOf(
  { from, to }: Pick<Hold, "from" | "to">,
  held: Hold["what"] | null,
  changed: boolean,
): string {
  return toJson({ from: from ?? null, to: to ?? null, held, changed });
}

function checked({ from, to, directory = localnetRoot() }: LaneChoice) {
  const network = runningNetwork(directory);
  for (const name of [from, to]) if (name !== undefined) runningChain(network, name);
  if (from !== undefined && from === to) throw new SameChainError(from);
  return { from, to, directory };
}

function isOther({ from, to }: Pick<Hold, "from" | "to">) {
  return (hold: Hold) => hold.from !== from || hold.to !== to;
}

/** Tells that all lanes of a hold are among those that are chosen. */
function isPart(hold: Pick<Hold, "from" | "to">, { from, to }: Pick<Hold, "from" | "to">): boolean {
  return (from === undefined || hold.from === from) && (to === undefined || hold.to === to);
}

function overlap(a: Pick<Hold, "from" | "to">, b: Pick<Hold, "from" | "to">): boolean {
  return (["from", "to"] as const).every(
    (end) => a[end] === undefined || b[end] === undefined || a[end] === b[end],
  );
}

function laneText({ from, to }: Pick<Hold, "from" | "to">): string {
  if (from === undefined && to === undefined) return "all lanes";
  return `${from ?? "every chain"} -> ${to ?? "every chain"}`;
}
