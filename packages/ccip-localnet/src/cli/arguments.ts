import { parseArgs } from "node:util";

import { UsageError } from "./text";

const OPTIONS = {
  chains: { type: "string" },
  chain: { type: "string", multiple: true },
  ccip: { type: "string" },
  lane: { type: "string", multiple: true },
  "one-way-lane": { type: "string", multiple: true },
  port: { type: "string" },
  fork: { type: "string", multiple: true },
  from: { type: "string" },
  to: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  gas: { type: "string" },
  remote: { type: "string" },
  address: { type: "string" },
  accept: { type: "boolean" },
  receiver: { type: "string" },
  data: { type: "string" },
  directory: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

/** The name of an option. */
export type Option = keyof typeof OPTIONS;

/** Options as typed behind a command. */
export type Typed = ReturnType<typeof parse>["values"] & {
  readonly directory: string;
  readonly json: boolean;
};

/**
 * Parses a command line.
 * @throws UsageError naming the option that is unknown or has no value.
 */
export function parse(args: readonly string[]) {
  const negative = args.find((text) => /^-\d/.test(text));
  if (negative !== undefined) {
    throw new UsageError(
      `${negative} is negative: write it without a sign; clocks only go forward.`,
    );
  }
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
