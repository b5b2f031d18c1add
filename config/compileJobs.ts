import path from "node:path";

import { subtask } from "hardhat/config";
import {
  TASK_COMPILE_SOLIDITY_COMPILE,
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  TASK_COMPILE_SOLIDITY_MERGE_COMPILATION_JOBS,
} from "hardhat/builtin-tasks/task-names";
import { HardhatPluginError } from "hardhat/plugins";
import type {
  CompilationJob,
  CompilerInput,
  CompilerOutput,
  CompilerOutputBytecode,
  ResolvedFile,
} from "hardhat/types";

/** The most characters of input that the compiler in JavaScript takes: a quarter of its stack of 5 MiB, less the end. */
export const MOST_CHARACTERS = (5 * 1_024 * 1_024) / 4 - 1;

const NO_CODE: CompilerOutputBytecode = {
  object: "",
  opcodes: "",
  sourceMap: "",
  linkReferences: {},
};

/**
 * Compiles the contracts of the tests, and the libraries that only they import, in a job of their own, because all
 * sources together are more than the compiler takes.
 */
subtask(
  TASK_COMPILE_SOLIDITY_MERGE_COMPILATION_JOBS,
  async (
    { compilationJobs }: { compilationJobs: CompilationJob[] },
    { config },
    runSuper,
  ): Promise<CompilationJob[]> => {
    const tests = path.join(config.paths.sources, "test") + path.sep;
    const isOfTests = ({ absolutePath }: ResolvedFile) => absolutePath.startsWith(tests);
    const isOwn = ({ library }: ResolvedFile) => library === undefined;
    const namesIn = (jobs: readonly CompilationJob[]) =>
      new Set(jobs.flatMap((job) => job.getResolvedFiles()).map(({ sourceName }) => sourceName));
    const [forTests, others] = halves(compilationJobs, (job) => isOfTests(subjectOf(job)));
    const [own, libraries] = halves(others, (job) => isOwn(subjectOf(job)));
    const [ofTests, ofOwn] = [namesIn(forTests), namesIn(own)];
    const [alsoForTests, rest] = halves(libraries, (job) => {
      const { sourceName } = subjectOf(job);
      return ofTests.has(sourceName) && !ofOwn.has(sourceName);
    });
    const merged: CompilationJob[] = [];
    for (const part of [
      [...own, ...rest],
      [...forTests, ...alsoForTests],
    ]) {
      merged.push(...((await runSuper({ compilationJobs: part })) as CompilationJob[]));
    }
    return merged;
  },
);

/** Has the compiler make code only of the sources whose code the job is for; it reads the others, which they import. */
subtask(
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  async (args: { compilationJob: CompilationJob }, _hre, runSuper): Promise<CompilerInput> => {
    const { compilationJob: job } = args;
    const input = (await runSuper(args)) as CompilerInput;
    const { "*": wanted = {} } = input.settings.outputSelection;
    const { "": ofSources = [], "*": ofContracts = [] } = wanted;
    const imported = job.getResolvedFiles().filter((file) => !job.emitsArtifacts(file));
    const emitted = job.getResolvedFiles().filter((file) => job.emitsArtifacts(file));
    if (imported.length === 0) return input;
    const outputSelection = {
      "*": { "": ofSources, "*": ["abi", "evm.methodIdentifiers"] },
      ...Object.fromEntries(emitted.map(({ sourceName }) => [sourceName, { "*": ofContracts }])),
    };
    return { ...input, settings: { ...input.settings, outputSelection } };
  },
);

/**
 * Gives the contracts that a job only reads an empty code, as the compiler gives an abstract contract: Hardhat's network
 * reads builds for its stack traces, and ends the process where a contract has none.
 */
subtask(TASK_COMPILE_SOLIDITY_COMPILE, async (args: { input: CompilerInput }, _hre, runSuper) => {
  assertTakes(args.input);
  const compiled = (await runSuper(args)) as { readonly output: Partial<CompilerOutput> };
  for (const contracts of Object.values(compiled.output.contracts ?? {})) {
    for (const { evm } of Object.values(contracts)) {
      evm.bytecode ??= NO_CODE;
      evm.deployedBytecode ??= { ...NO_CODE, immutableReferences: {} };
    }
  }
  return compiled;
});

/** @throws HardhatPluginError for more input than the compiler takes, which it would only abort at. */
export function assertTakes(input: CompilerInput): void {
  const { length } = JSON.stringify(input);
  if (length <= MOST_CHARACTERS) return;
  throw new HardhatPluginError(
    "config/compileJobs.ts",
    `The sources of one compile job are ${length} characters of input, and the compiler in JavaScript takes at most ${MOST_CHARACTERS}: remove imports, or split the job.`,
  );
}

/** Returns the file whose code a job is for, before it is merged with others. */
function subjectOf(job: CompilationJob): ResolvedFile {
  const subject = job.getResolvedFiles().find((file) => job.emitsArtifacts(file));
  if (!subject) throw new Error("A compile job makes no code.");
  return subject;
}

function halves<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
