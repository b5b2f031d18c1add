import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { z } from "zod";

import { SUBJECTS } from "./subjects";
import type { Subject } from "./subjects";

/** Description of the command line. */
export const USAGE = `Usage: npm run mutate -- --all | --contract <name> [--contract <name>] | --sample <count> [--seed <number>]

Plants one fault after the other in the contracts, and runs their tests, one of which has to fail.
  --all               every fault in every contract
  --contract <name>   every fault in one contract: ${SUBJECTS.map(({ name }) => name).join(", ")}
  --sample <count>    as many faults, taken at random from all contracts, or from those named
  --seed <number>     which ones; without it a new number, which is printed
  --workers <count>   processes; one for each core without it
  --fresh             begins anew instead of continuing
  --report            runs nothing, and prints what earlier runs have found`;

/** Task of a run. */
export interface Options {
  readonly subjects: readonly Subject[];
  readonly sample: number | undefined;
  readonly seed: number;
  readonly workers: number;
  readonly isFresh: boolean;
  readonly isReport: boolean;
}

const count = z.coerce.number().int().positive();

/** Reads the command line. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      all: { type: "boolean", default: false },
      contract: { type: "string", multiple: true, default: [] },
      sample: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      fresh: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
    },
  });
  if (!values.all && values.contract.length === 0 && !values.sample && !values.report)
    throw new Error(USAGE);
  for (const name of values.contract) {
    if (!SUBJECTS.some((one) => one.name === name))
      throw new Error(`There is no contract ${name}.\n\n${USAGE}`);
  }
  const named = SUBJECTS.filter(({ name }) => values.contract.includes(name));
  return {
    subjects: named.length > 0 ? named : SUBJECTS,
    sample: values.sample === undefined ? undefined : count.parse(values.sample),
    seed:
      values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : count.parse(values.seed),
    workers: values.workers === undefined ? availableParallelism() : count.parse(values.workers),
    isFresh: values.fresh,
    isReport: values.report,
  };
}
