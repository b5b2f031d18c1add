import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

/** A state file of the network exists and cannot be used. */
export class BrokenStateFileError extends Error {
  override readonly name = "BrokenStateFileError";
}

/** Writes a file in one step: a reader finds the old content or all of the new. */
export function writeState(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(draft, file);
}

/**
 * Reads a file that another process may have written.
 * @param what it is, with what to do when it is broken: "list of faults; remove it to have none".
 * @returns undefined when there is no such file.
 * @throws BrokenStateFileError
 */
export function readState<S extends z.ZodType>(
  file: string,
  schema: S,
  what: string,
): z.output<S> | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is not JSON";
    throw new BrokenStateFileError(`${file} is not a ${what}: ${problem}.`, { cause });
  }
}
