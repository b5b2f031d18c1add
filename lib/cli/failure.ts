import pc from "picocolors";

import { ignoreErrors, requireWritten, writeStderr } from "./output";
import { withoutSecrets } from "../files/secrets";

/** Exit codes of the tasks. */
export const EXIT = { ok: 0, failed: 1, drift: 2 } as const;

/**
 * Runs what a task does. An error becomes its message on stderr and exit code 1, and so does a document
 * that could not be written: Hardhat itself would print a stack trace, and an empty line on stdout. A
 * process that has nothing left to wait for ends before an action that waits all the same: that fails, too.
 * @returns what the action returned; undefined when it failed, whose exit code then is nobody's to change.
 */
export async function orFail<T>(action: () => Promise<T>): Promise<T | undefined> {
  ignoreErrors(process.stdout);
  ignoreErrors(process.stderr);
  process.once("beforeExit", cutOff);
  try {
    const result = await action();
    requireWritten();
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    writeStderr(`${pc.red("error")}  ${withoutSecrets(message)}\n`);
    if (process.env.DEBUG && error instanceof Error) {
      writeStderr(`${withoutSecrets(error.stack ?? "")}\n`);
    }
    process.exitCode = EXIT.failed;
    return undefined;
  } finally {
    process.off("beforeExit", cutOff);
  }
}

function cutOff(): void {
  writeStderr(
    `${pc.red("error")}  It ended before it was done, for what it waited for can never come: look at what is there, then run it again.\n`,
  );
  process.exitCode = EXIT.failed;
}
