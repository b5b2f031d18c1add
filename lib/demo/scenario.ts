import type { LocalCcip } from "ccip-localnet";
import type { CcipChain } from "ccip-localnet/protocol";

import type { HomeChain, Mesh, SatelliteChain } from "../core/mesh/mesh";
import type { Progress } from "../core/progress";

import { ledgerLine } from "./ledger";
import type { LedgerLine } from "./ledger";

/** The mesh and the local network that the scenario runs on. */
export interface ScenarioContext {
  readonly mesh: Mesh;
  readonly chains: readonly CcipChain[];
  readonly ccip: LocalCcip;
  readonly progress: Progress;
  /** Filled with the highest gas of each kind of transaction, in order of first appearance. */
  readonly gas: Map<string, bigint>;
  /** Filled with a line for each action. */
  readonly lines: LedgerLine[];
}

/** The context, with its chains by their part in the scenario. */
export interface ScenarioRun extends ScenarioContext {
  readonly home: HomeChain;
  readonly first: SatelliteChain;
  readonly second: SatelliteChain;
  /** Runs one action, and audits the shares after it. */
  readonly record: <T>(event: string, action: () => Promise<T>) => Promise<T>;
}

/** An invariant of the scenario did not hold. */
export class InvariantViolationError extends Error {
  override readonly name = "InvariantViolationError";
}

/**
 * Prepares a scenario on a wired mesh with two satellites or more.
 * @throws InvariantViolationError from `record` when shares are not accounted for.
 */
export function prepareScenario(context: ScenarioContext): ScenarioRun {
  const { mesh, progress, lines } = context;
  const [first, second] = mesh.satellites;
  if (!first || !second) {
    throw new Error("The scenario needs two satellites: start three chains or more.");
  }
  return {
    ...context,
    home: mesh.home,
    first,
    second,
    record: (event, action) =>
      progress.during(event, async () => {
        const result = await action();
        const line = await ledgerLine(mesh, event);
        lines.push(line);
        const { difference } = line.audit;
        ensure(difference === 0n, `${event}: ${difference} shares are not accounted for`);
        return result;
      }),
  };
}

/** Raises the highest gas of a kind of transaction. */
export function noteGas(gas: ScenarioRun["gas"], kind: string, used: bigint): void {
  if (used > (gas.get(kind) ?? 0n)) gas.set(kind, used);
}

export function ensure(holds: boolean, broken: string): void {
  if (!holds) throw new InvariantViolationError(broken);
}
