import { WiderFaultError, addFault, clearFaults, laneText } from "ccip-localnet";
import type { LaneSelection } from "ccip-localnet";

import { OperatorError } from "../../core/errors";
import { localnetRoot } from "../../../config/env";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { sameChainError } from "../../core/mesh/members";
import { command } from "../../core/recovery";

import { localnetDirectory } from "../../localnet/manifest";
import { runningChain, runningNetwork } from "../../localnet/running";

/** A choice of lanes by source and destination; all lanes where both are left out. */
export interface LaneChoice extends LaneSelection {
  /** Below which the network keeps its files; the project's own unless named. */
  readonly directory?: string;
  /** One JSON document instead of prose. */
  readonly json?: boolean;
}

/** Keeps the DON of the running local network from delivering. Curses and clocks are not touched. */
export function holdLanes(
  { execution, ...choice }: LaneChoice & { readonly execution: boolean },
  { stdout }: Output = consoleOutput,
): void {
  const { files, lanes } = checked(choice);
  addFault(files, lanes, execution ? { holdExecution: true } : { hold: true });
  if (choice.json) return stdout(documentOf(lanes, execution ? "execution" : "everything", true));
  stdout(
    `Held: ${laneText(lanes)}${execution ? ", where messages are verified and not executed" : ""}. Let go with "npx hardhat localnet release".`,
  );
}

/**
 * Lets the DON deliver again on the lanes that are chosen, all of them without a choice.
 * @throws when a hold on more lanes than these would go on holding one of them.
 */
export function releaseLanes(choice: LaneChoice, { stdout }: Output = consoleOutput): void {
  const { files, lanes } = checked(choice);
  const isAll = lanes.from === undefined && lanes.to === undefined;
  const changed = release(files, lanes);
  if (choice.json) return stdout(documentOf(lanes, null, changed));
  stdout(
    changed
      ? `Released: ${laneText(lanes)}.`
      : `${laneText(lanes)} ${isAll ? "are" : "is"} not held: nothing to do.`,
  );
}

function release(files: string, lanes: LaneSelection): boolean {
  try {
    return clearFaults(files, lanes);
  } catch (error) {
    if (!(error instanceof WiderFaultError)) throw error;
    const { from, to } = error.wider;
    throw new OperatorError(
      "INVALID_OPTION",
      `${laneText(lanes)} stays held with ${laneText(error.wider)}: release all of that with \`${command("localnet release", { from, to })}\`.`,
    );
  }
}

/** Writes the state of the chosen lanes; null stands for every chain, and for nothing held. */
function documentOf(
  { from, to }: LaneSelection,
  held: "everything" | "execution" | null,
  changed: boolean,
): string {
  return toJson({ from: from ?? null, to: to ?? null, held, changed });
}

function checked({ from, to, directory = localnetRoot() }: LaneChoice) {
  const network = runningNetwork(directory);
  for (const name of [from, to]) if (name !== undefined) runningChain(network, name);
  if (from !== undefined && from === to) throw sameChainError(from);
  return { lanes: { from, to }, files: localnetDirectory(directory) };
}
