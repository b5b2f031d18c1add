import { addFault, clearFaults, laneText, readFaults } from "../delivery/faultFile";
import type { LaneSelection } from "../delivery/faultFile";
import type { LaneFault } from "../delivery/faults";
import { TRANSACTION_GAS } from "../send";
import { requireChain } from "../options";
import { runningNetwork } from "../running";

import type { Typed } from "./arguments";
import { UsageError, parseCount, print } from "./text";

/** Gas of a transaction without data. */
const TRANSFER_GAS = 21_000n;

/** The options of single kinds of fault. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  delay: ["seconds", "rounds"],
  "executor-gas": ["gas"],
};

const KINDS: Readonly<Record<string, (typed: Typed) => LaneFault>> = {
  hold: () => ({ hold: true }),
  "hold-execution": () => ({ holdExecution: true }),
  drop: () => ({ drop: true }),
  reorder: () => ({ reorder: true }),
  "verifier-down": () => ({ verifierDown: true }),
  "wrong-signature": () => ({ wrongSignature: true }),
  delay: ({ seconds, rounds }) => {
    if (seconds !== undefined && rounds !== undefined) {
      throw new UsageError(
        `A delay counts --seconds ${seconds} or --rounds ${rounds}: leave one out.`,
      );
    }
    if (seconds !== undefined) return { delay: { seconds: parseCount("seconds", seconds) } };
    if (rounds !== undefined) return { delay: { rounds: parseCount("rounds", rounds) } };
    throw new UsageError("A delay needs --seconds or --rounds.");
  },
  "executor-gas": ({ gas }) => {
    if (gas === undefined) throw new UsageError("executor-gas needs --gas, 200000 for example.");
    const executorGas = BigInt(parseCount("gas", gas));
    if (executorGas < TRANSFER_GAS || executorGas > TRANSACTION_GAS) {
      throw new UsageError(
        `--gas ${gas} is no gas limit of a transaction: use ${TRANSFER_GAS} to ${TRANSACTION_GAS}.`,
      );
    }
    return { executorGas };
  },
};

/** Adds a fault to lanes of the running network. */
export function faultCommand(typed: Typed, [kind = ""]: readonly string[]): void {
  const faultOf = KINDS[kind];
  if (!faultOf) {
    throw new UsageError(`"${kind}" is not a fault: use ${Object.keys(KINDS).join(", ")}.`);
  }
  for (const option of ["seconds", "rounds", "gas"] as const) {
    if (typed[option] === undefined || OPTIONS_OF[kind]?.includes(option)) continue;
    throw new UsageError(`"fault ${kind}" takes no --${option}: see --help.`);
  }
  const lanes = lanesOf(typed);
  addFault(typed.directory, lanes, faultOf(typed));
  report(typed, `${kind} on ${laneText(lanes)}. End it with "npx ccip-localnet clear".`);
}

/** Clears the faults of the named lanes, of all lanes by default. */
export function clearCommand(typed: Typed): void {
  const lanes = lanesOf(typed);
  clearFaults(typed.directory, lanes);
  report(typed, `No faults on ${laneText(lanes)}.`);
}

function report({ directory, json }: Typed, prose: string): void {
  const faults = readFaults(directory).map(({ fault, ...ends }) => {
    const { executorGas, ...rest } = fault;
    return {
      ...ends,
      ...rest,
      ...(executorGas !== undefined && { executorGas: String(executorGas) }),
    };
  });
  print(json, { faults }, prose);
}

function lanesOf({ directory, from, to }: Typed): LaneSelection {
  const { chains } = runningNetwork(directory);
  for (const name of [from, to]) if (name !== undefined) requireChain(chains, name);
  if (from !== undefined && from === to)
    throw new UsageError(`No lane leads from ${from} to itself.`);
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
