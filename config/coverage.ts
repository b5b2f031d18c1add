import { rmSync } from "node:fs";
import Module from "node:module";
import path from "node:path";

import { extendConfig, subtask, task } from "hardhat/config";
import { TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT } from "hardhat/builtin-tasks/task-names";
import type { CompilerInput } from "hardhat/types";

import { countHitsInTheEvm, withHitCalls } from "./coverageHits";

const ROOT = path.resolve(__dirname, "..");

/** Artifacts and factories of instrumented contracts, apart from those that everything else uses. */
const FOLDER = path.join(ROOT, "cache/coverage");

/** The tests of single contracts, which have to reach every line and branch, but for those that measure gas and sizes. */
const CONTRACT_TESTS = "test/unit/**/!(gas|optionalGas|sizes|views).test.ts";

/** A string of Solidity, which may look like a comment inside, or a comment. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\/\*[\s\S]*?\*\//g;

if (process.env.SOLIDITY_COVERAGE === "true") {
  extendConfig((config) => {
    config.paths.artifacts = path.join(FOLDER, "artifacts");
    config.paths.cache = FOLDER;
    config.typechain.outDir = path.join(FOLDER, "typechain-types");
  });
  useFactoriesOf(FOLDER);
}

/** Has the tests deploy the factories of another folder. */
function useFactoriesOf(folder: string): void {
  const loader = Module as unknown as {
    _resolveFilename: (request: string, ...others: unknown[]) => string;
  };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = (request, ...others) =>
    resolve(request.replace(/^(\.\.\/)+(?=typechain-types)/, `${folder}/`), ...others);
}

/** The compiler in JavaScript takes at most 5 MiB / 4 characters of input, which instrumented sources exceed with their comments. */
subtask(TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT, async (args: unknown, hre, runSuper) => {
  const input = (await runSuper(args)) as CompilerInput;
  if (!("__SOLIDITY_COVERAGE_RUNNING" in hre)) return input;
  for (const source of Object.values(input.sources)) {
    source.content = withHitCalls(
      source.content.replace(STRING_OR_COMMENT, (match) => (match.startsWith("/") ? "" : match)),
    );
  }
  return input;
});

task("coverage", async (args: { testfiles?: string }, hre, runSuper) => {
  if (process.env.SOLIDITY_COVERAGE !== "true") {
    throw new Error("SOLIDITY_COVERAGE is not set: run `npm run coverage`.");
  }
  // Instrumented sources cause warnings of their own; ours are checked by every ordinary compilation.
  hre.config.warnings = { "**/*": { default: "off" } };
  // The hashes of a source depend on the sources before it: what an earlier run compiled counts for nothing now.
  rmSync(FOLDER, { recursive: true, force: true });
  countHitsInTheEvm();
  await runSuper({ ...args, testfiles: args.testfiles || CONTRACT_TESTS });
});
