import { parseArgs } from "node:util";

import { z } from "zod";
import { CCIP_VERSIONS } from "ccip-localnet/protocol";

/** The variable that hands the options to the tests. */
export const CHAOS_OPTIONS = "CHAOS_OPTIONS";

const optionsSchema = z.object({
  versions: z.array(z.enum(CCIP_VERSIONS)).min(1),
  seeds: z.array(z.number().int()).min(1),
  steps: z.number().int().positive(),
  replay: z.object({ path: z.string(), commands: z.string() }).optional(),
});

/** Versions of CCIP, seeds, and the number of steps to take with each. */
export type ChaosOptions = z.infer<typeof optionsSchema>;

export const USAGE = `Usage: npm run chaos -- [--steps 1000] [--seed 1] [--seed fresh] [--ccip 1.6] [--ccip 2.0]

Takes random steps on a wired mesh with the released contracts of CCIP, and checks every invariant after each. A seed is a whole
number, or "fresh" for one of this moment, which is the default; --seed and --ccip may be given more than once, and both
versions of CCIP are the default. What breaks is reduced to its shortest sequence and printed with the line that repeats it.`;

/** Reads the command line. */
export function parseOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: "string", default: "1000" },
      seed: { type: "string", multiple: true, default: ["fresh"] },
      ccip: { type: "string", multiple: true, default: [...CCIP_VERSIONS] },
      path: { type: "string" },
      commands: { type: "string" },
    },
  });
  return optionsSchema.parse({
    versions: values.ccip,
    seeds: values.seed.map((seed) => (seed === "fresh" ? Date.now() % 2 ** 31 : Number(seed))),
    steps: Number(values.steps),
    ...(values.path !== undefined && {
      replay: { path: values.path, commands: values.commands ?? "" },
    }),
  });
}

/** Reads what the command line has handed over. */
export function optionsFrom(environment: NodeJS.ProcessEnv): ChaosOptions {
  return optionsSchema.parse(JSON.parse(environment[CHAOS_OPTIONS] ?? "{}"));
}
