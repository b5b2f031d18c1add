/**
 * Runs the properties and invariants of test/fuzz with forge, on the code that Hardhat compiles.
 *
 *   npm run fuzz -- [--seed 0x1f] [--match testFuzz_I7] [--deep]
 *
 * Prints its seed and counts; `--deep` makes a hundred times the runs of each property, and forty times those
 * of each invariant. Exits 1 if a property failed.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

import hre from "hardhat";

import { busyShare, idleParts, outcomesOf } from "./results";
import type { Outcome } from "./results";
import { FORGE, codeApart, settingsApart } from "./settings";

const OUT = "cache/forge/out";

const count = (value: number) => value.toLocaleString("en-US");

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seed: { type: "string" }, match: { type: "string" }, deep: { type: "boolean" } },
  });
  const seed = values.seed ?? `0x${randomBytes(6).toString("hex")}`;
  const command = `npm run ${values.deep ? "fuzz:deep" : "fuzz"} -- --seed ${seed}`;
  console.log(`Seed ${seed}. The same again: ${command}`);

  await hre.run("compile", { quiet: true });
  const settings = await settingsApart(hre);
  if (settings.length > 0)
    throw new Error(`other settings than Hardhat's:\n  ${settings.join("\n  ")}`);

  const started = Date.now();
  const outcomes = outcomesOf(await forgeTest(seed, values.match, values.deep ?? false));
  if (outcomes.length === 0) throw new Error(`no property matches ${values.match}`);
  const { compared, apart } = await codeApart(hre, OUT);
  if (apart.length > 0) throw new Error(`other code than Hardhat's: ${apart.join(", ")}`);

  printSuites(outcomes);
  const failed = outcomes.filter(({ passed }) => !passed);
  for (const outcome of failed) printFailure(outcome, command);
  const idle = outcomes.filter((outcome) => outcome.passed && idleParts(outcome).length > 0);
  for (const outcome of idle) {
    const parts = idleParts(outcome).join(", ");
    console.log(`\n${outcome.suite}.${outcome.test}: too many calls did nothing: ${parts}`);
  }

  const calls = outcomes.reduce((sum, outcome) => sum + outcome.calls, 0);
  console.log(`\n${compared} contracts have the code that Hardhat compiled.`);
  console.log(
    `${count(calls)} calls in ${((Date.now() - started) / 1000).toFixed(0)} s, seed ${seed}`,
  );
  const failures = failed.length + idle.length;
  console.log(`${outcomes.length - failures} passed, ${failures} failed`);
  if (failures > 0) process.exitCode = 1;
}

/** Runs forge and returns its report; what it says meanwhile, about compiling, goes to stderr. */
async function forgeTest(seed: string, match: string | undefined, deep: boolean): Promise<string> {
  const args = ["test", "--json", "--fuzz-seed", seed, ...(match ? ["--match-test", match] : [])];
  const env = { ...process.env, FOUNDRY_PROFILE: deep ? "deep" : "default" };
  const forge = spawn(FORGE, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let report = "";
  forge.stdout.setEncoding("utf8").on("data", (text: string) => (report += text));
  await new Promise((resolve, reject) => forge.on("error", reject).on("close", resolve));
  if (!report.startsWith("{")) throw new Error(`forge reported no results: ${report}`);
  return report;
}

function printSuites(outcomes: readonly Outcome[]): void {
  for (const suite of [...new Set(outcomes.map((outcome) => outcome.suite))].sort()) {
    console.log(`\n${suite}`);
    for (const outcome of outcomes.filter((other) => other.suite === suite)) {
      const { test, passed, calls, handlers } = outcome;
      const busy =
        handlers.length > 0 ? `, ${(busyShare(handlers) * 100).toFixed(1)} % did something` : "";
      console.log(`  ${passed ? "ok" : "FAILED"}  ${test}: ${count(calls)} calls${busy}`);
      for (const handler of handlers) {
        console.log(
          `        ${handler.name}: ${count(handler.calls)}, ${count(handler.idle)} idle`,
        );
      }
    }
  }
}

function printFailure({ suite, test, reason, counterexample }: Outcome, command: string): void {
  console.log(`\n${suite}.${test}: ${reason}`);
  for (const call of counterexample) console.log(`    ${call}`);
  console.log(`  Replay: ${command} --match ${test}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
