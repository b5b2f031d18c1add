import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { TASK_TEST_RUN_MOCHA_TESTS } from "hardhat/builtin-tasks/task-names";
import { subtask } from "hardhat/config";

interface MochaArguments {
  readonly testFiles: readonly string[];
}

/** Gives the processes of a run of the tests a folder to share. */
subtask(TASK_TEST_RUN_MOCHA_TESTS).setAction(
  async ({ testFiles, ...args }: MochaArguments, _hre, runSuper) => {
    const directory = mkdtempSync(path.join(tmpdir(), "test-run-"));
    process.env.TEST_RUN_DIRECTORY = directory;
    try {
      return (await runSuper({ ...args, testFiles })) as number;
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
