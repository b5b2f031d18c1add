import pc from "picocolors";

import { errorCodeOf } from "../core/errors";
import { toJson } from "../core/json";
import { withoutSecrets } from "../files/secrets";

import { hasWritten, ignoreErrors, requireWritten, writeStderr, writeStdout } from "./output";

/** Exit codes of the tasks. */
export const EXIT = { ok: 0, failed: 1, drift: 2 } as const;

/**
 * Runs the action of a task. An error becomes its message on stderr and exit code 1, as does a document
 * that could not be written: Hardhat itself would print a stack trace, and an empty line on stdout. A
 * process that has nothing left to wait for ends before an action that still waits: that fails, too.
 * @returns what the action returned; undefined when it failed, and the exit code then stays as it is.
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
    fail(error);
    return undefined;
  } finally {
    process.off("beforeExit", cutOff);
  }
}

/** Prints an error to stderr, and with `--json` as a document to stdout, unless one with what is known is there. */
function fail(error: unknown): void {
  writeStderr(`${pc.red("error")}  ${messageOf(error)}\n`);
  if (process.env.DEBUG && error instanceof Error) {
    writeStderr(`${withoutSecrets(error.stack ?? "")}\n`);
  }
  if (process.argv.includes("--json") && !hasWritten()) {
    writeStdout(`${toJson({ error: errorDocument(error) })}\n`);
  }
  process.exitCode = EXIT.failed;
}

/** Returns an error with its code, and the single errors where several came at once. */
function errorDocument(error: unknown): object {
  return {
    code: errorCodeOf(error),
    message: messageOf(error),
    ...(error instanceof AggregateError && { errors: error.errors.map(errorDocument) }),
  };
}

function messageOf(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}

function cutOff(): void {
  fail(
    new Error(
      "It ended before it was done, because what it waited for can never come: look at what is there, then run it again.",
    ),
  );
}
