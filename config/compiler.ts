import { rmSync } from "node:fs";
import path from "node:path";

import { subtask, task } from "hardhat/config";
import {
  TASK_COMPILE_GET_REMAPPINGS,
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
} from "hardhat/builtin-tasks/task-names";
import type { CompilerInput, SolcBuild } from "hardhat/types";

/** The one compiler of this project: the `solc` package of the lockfile, so that nothing is downloaded. */
export const SOLC_VERSION = "0.8.26";

subtask(
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
  async (args: { solcVersion: string }, _hre, runSuper): Promise<SolcBuild> => {
    const installed = (require("solc/package.json") as { version: string }).version;
    if (args.solcVersion !== installed) return runSuper(args);
    const { version: longVersion } = require("solc") as { version: () => string };
    return {
      version: installed,
      longVersion: longVersion().replace(/\.Emscripten\.clang$/, ""),
      compilerPath: require.resolve("solc/soljson.js"),
      isSolcJs: true,
    };
  },
);

/** CCIP's sources name OpenZeppelin by version; npm installs each version under an alias. */
subtask(TASK_COMPILE_GET_REMAPPINGS, async (args: unknown, _hre, runSuper) => ({
  ...((await runSuper(args)) as Record<string, string>),
  "@openzeppelin/contracts@4.7.3/": "@openzeppelin/contracts-4.7.3/",
  "@openzeppelin/contracts@4.8.3/": "@openzeppelin/contracts-4.8.3/",
  "@openzeppelin/contracts@5.0.2/": "@openzeppelin/contracts-5.0.2/",
  "@openzeppelin/contracts@5.3.0/": "@openzeppelin/contracts-5.3.0/",
}));

/** Hardhat prints to stdout what it compiled even with `quiet`, where only documents belong. */
subtask(
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
  async (args: { quiet: boolean }, _hre, runSuper) => {
    if (!args.quiet) await runSuper(args);
  },
);

/** The tests that coverage runs: those of single contracts, which have to reach every line and branch. */
const CONTRACT_TESTS = "test/unit/**/*.test.ts";

/** A string of Solidity, which may look like a comment inside, or a comment. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\/\*[\s\S]*?\*\//g;

/** The compiler in JavaScript takes at most 5 MiB / 4 characters of input, which instrumented sources exceed with their comments. */
subtask(TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT, async (args: unknown, hre, runSuper) => {
  const input = (await runSuper(args)) as CompilerInput;
  if (!("__SOLIDITY_COVERAGE_RUNNING" in hre)) return input;
  for (const source of Object.values(input.sources)) {
    source.content = source.content.replace(STRING_OR_COMMENT, (match) =>
      match.startsWith("/") ? "" : match,
    );
  }
  return input;
});

task("coverage", async (args: { testfiles?: string }, hre, runSuper) => {
  // Instrumented sources cause warnings of their own; ours are checked by every ordinary compilation.
  hre.config.warnings = { "**/*": { default: "off" } };
  const compilerCache = path.join(hre.config.paths.cache, "solidity-files-cache.json");
  try {
    await runSuper({ ...args, testfiles: args.testfiles || CONTRACT_TESTS });
  } finally {
    // The generated factories carry instrumented code now: the next compilation has to make them again.
    rmSync(compilerCache, { force: true });
  }
});
