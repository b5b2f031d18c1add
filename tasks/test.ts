import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  TASK_TEST_GET_TEST_FILES,
  TASK_TEST_RUN_MOCHA_TESTS,
} from "hardhat/builtin-tasks/task-names";
import { subtask } from "hardhat/config";

interface FileArguments {
  readonly testFiles: readonly string[];
}

interface RunArguments extends FileArguments {
  readonly parallel: boolean;
}

/**
 * Takes folders where Hardhat takes files, and of them what a network or version of CCIP makes a difference to; selects
 * a tier, and has those that took longest begin. Without a name, Hardhat would load every file of test/, also those that
 * tests share.
 */
subtask(TASK_TEST_GET_TEST_FILES).setAction(
  async ({ testFiles }: FileArguments, { config }, runSuper) => {
    const { longestFirst } = await import("../test/shared/durations");
    const { ofTier, thatDiffer } = await import("../test/shared/tiers");
    const names = testFiles.length > 0 ? testFiles : [config.paths.tests];
    const inFolders = names.flatMap((name) =>
      statSync(name).isDirectory() ? thatDiffer(process.env, testsIn(name)) : name,
    );
    const files = (await runSuper({ testFiles: inFolders })) as string[];
    return longestFirst(ofTier(process.env.TIER, files));
  },
);

/** Gives the processes of a run of the tests a folder to share. */
subtask(TASK_TEST_RUN_MOCHA_TESTS).setAction(async (args: RunArguments, { network }, runSuper) => {
  const directory = mkdtempSync(path.join(tmpdir(), "test-run-"));
  process.env.TEST_RUN_DIRECTORY = directory;
  try {
    return (await runSuper(args)) as number;
  } finally {
    rmSync(directory, { recursive: true });
    // Hardhat asks its chain how many stack traces it failed to make: where others ran the tests, it would first begin one.
    if (args.parallel) network.provider.send = () => Promise.resolve(0);
  }
});

function testsIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((entry) => entry.endsWith(".test.ts"))
    .map((entry) => path.join(folder, entry));
}
