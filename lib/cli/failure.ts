import pc from "picocolors";

import { withoutSecrets } from "./secrets";

/** Exit codes of the tasks. */
export const EXIT = { ok: 0, failed: 1, drift: 2 } as const;

/**
 * Runs what a task does. An error becomes its message on stderr and exit code 1: Hardhat itself would
 * print a stack trace, and an empty line on stdout.
 */
export async function orFail(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${pc.red("error")}  ${withoutSecrets(message)}\n`);
    if (process.env.DEBUG && error instanceof Error) {
      process.stderr.write(`${withoutSecrets(error.stack ?? "")}\n`);
    }
    process.exitCode = EXIT.failed;
  }
}
