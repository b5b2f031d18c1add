import "../releaseFiles";

import { parseArgs } from "node:util";

import { messageOf } from "../errors";
import { DEFAULT_DIRECTORY } from "../manifest";
import { LocalnetOptionsError } from "../options";

import { advanceCommand } from "./advance";
import { clearCommand, faultCommand } from "./faults";
import { curseCommand, receiverCommand, sendCommand } from "./chains";
import { startCommand, statusCommand } from "./start";
import { HELP, UsageError, say } from "./text";

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

type Option = keyof typeof OPTIONS;

/** What was typed behind the command. */
export type Typed = ReturnType<typeof parse>["values"] & {
  readonly directory: string;
  readonly json: boolean;
};

/** A command: the options that it takes, beside those of all, and what it does. */
interface Command {
  readonly takes: readonly Option[];
  /** How many words may follow its name. */
  readonly words: number;
  readonly run: (typed: Typed, words: readonly string[]) => Promise<void> | void;
}

const COMMON: readonly Option[] = ["directory", "json", "help", "version"];

const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    takes: ["chains", "chain", "ccip", "lane", "one-way-lane", "port", "fork"],
    words: 0,
    run: startCommand,
  },
  status: { takes: [], words: 0, run: statusCommand },
  send: { takes: ["from", "to", "receiver", "data"], words: 0, run: sendCommand },
  fault: { takes: ["from", "to", "seconds", "rounds", "gas"], words: 1, run: faultCommand },
  clear: { takes: ["from", "to"], words: 0, run: clearCommand },
  curse: { takes: ["chain", "remote"], words: 0, run: (typed) => curseCommand("curse", typed) },
  uncurse: { takes: ["chain", "remote"], words: 0, run: (typed) => curseCommand("uncurse", typed) },
  receiver: { takes: ["chain", "address", "accept"], words: 0, run: receiverCommand },
  advance: { takes: [], words: 1, run: advanceCommand },
};

/** Runs a command line. @returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help) return print(HELP);
    if (values.version) return print(`${ownVersion()}\n`);
    const [name = "start", ...words] = positionals;
    const command = COMMANDS[name];
    if (!command) throw new UsageError(`There is no command "${name}": see --help.`);
    for (const option of Object.keys(values) as Option[]) {
      if (COMMON.includes(option) || command.takes.includes(option)) continue;
      throw new UsageError(`"${name}" takes no --${option}: see --help.`);
    }
    if (words.length > command.words) {
      throw new UsageError(`"${name}" takes no "${words[command.words]}": see --help.`);
    }
    const { directory = DEFAULT_DIRECTORY, json = false } = values;
    await command.run({ ...values, directory, json }, words);
    return 0;
  } catch (error) {
    say(messageOf(error));
    return error instanceof UsageError || error instanceof LocalnetOptionsError ? 2 : 1;
  }
}

function parse(args: readonly string[]) {
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

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function ownVersion(): string {
  return (require("ccip-localnet/package.json") as { version: string }).version;
}
