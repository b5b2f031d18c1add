import "../releaseFiles";

import { messageOf } from "../errors";
import { DEFAULT_DIRECTORY } from "../manifest";
import { LocalnetOptionsError } from "../options";

import { advanceCommand } from "./advance";
import { parse } from "./arguments";
import type { Option, Typed } from "./arguments";
import { clearCommand, faultCommand } from "./faults";
import { curseCommand, receiverCommand, sendCommand } from "./chains";
import { startCommand, statusCommand } from "./start";
import { HELP, UsageError, say } from "./text";

/** A command: the options that it takes, beside those of all, and what it does. */
interface Command {
  readonly takes: readonly Option[];
  /** The most positional arguments. */
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

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function ownVersion(): string {
  return (require("ccip-localnet/package.json") as { version: string }).version;
}
