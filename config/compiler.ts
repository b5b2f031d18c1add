import { subtask } from "hardhat/config";
import {
  TASK_COMPILE_GET_REMAPPINGS,
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
} from "hardhat/builtin-tasks/task-names";
import type { SolcBuild } from "hardhat/types";

import "./compileJobs";

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
