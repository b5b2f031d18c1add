/**
 * Runs `hardhat rebase keep`: rebases when that is due and syncs every satellite, for cron or a CI job.
 *
 *   npm run --silent broadcast -- --mesh testnet --fee-token treasury --fee-ceiling 0.05
 *
 * Works after `npm ci` in a fresh clone; compiles first if need be. Keys and RPC urls come from the environment or .env, as
 * for every task. `--help` lists options and exit codes.
 */
import { parseArgs } from "node:util";

import { orFail } from "../lib/cli/failure";

const TASK = { scope: "rebase", task: "keep" };

async function main(): Promise<void> {
  const { default: hre } = await import("hardhat");
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    await hre.run("help", { scopeOrTask: TASK.scope, task: TASK.task });
    return;
  }
  const params = Object.values(hre.scopes[TASK.scope]?.tasks[TASK.task]?.paramDefinitions ?? {});
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const options = Object.fromEntries(
    params.map(({ name, isFlag }) => [
      kebab(name),
      { type: isFlag ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { values } = parseArgs({ args: withLosses(args), options, strict: true });
  const words = params.map(({ name }) => [name, values[kebab(name)]] as const);
  await hre.run(TASK, Object.fromEntries(words.filter(([, value]) => value !== undefined)));
}

/** Joins a loss to its option: Node's parser takes "-2" for an option of its own. */
function withLosses(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    if (/^-\d/.test(args[i + 1] ?? "") && /^--[a-z-]+$/.test(arg)) return [`${arg}=${args[i + 1]}`];
    return /^-\d/.test(arg) && /^--[a-z-]+$/.test(args[i - 1] ?? "") ? [] : [arg];
  });
}

void orFail(main);
