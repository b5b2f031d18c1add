import { readFileSync } from "node:fs";

import type { z } from "zod";

import { CodedError } from "../core/errors";

/** The kind of a file and how to recover it, for the error when it is broken. */
export interface FileKind {
  /** Its kind: "record of a deployment". */
  readonly what: string;
  /** The remedy when it is broken: a sentence without its full stop. */
  readonly recovery: string;
  /** The remedy when it holds a merge conflict instead, which `git restore` alone does not resolve. */
  readonly conflictRemedy?: string;
}

/** A file that is there and is not what it should be. */
export class BrokenFileError extends CodedError {
  override readonly name = "BrokenFileError";
  readonly code = "BROKEN_FILE";

  constructor(
    readonly file: string,
    { what, recovery }: FileKind,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file} is not a ${what}: ${problem}. ${recovery}.`, options);
  }
}

/** The most mistakes of a file that are listed. */
const TOLD_MISTAKES = 3;

/**
 * Reads a JSON file.
 * @returns undefined when there is no such file.
 * @throws BrokenFileError with the file, what is wrong with it and how to get it back.
 */
export function readJsonFile<S extends z.ZodType>(
  file: string,
  schema: S,
  kind: FileKind,
): z.output<S> | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new BrokenFileError(file, kind, `it cannot be read (${code ?? message})`, {
      cause: error,
    });
  }
  return parseJsonFile(text, schema, file, kind);
}

/**
 * Checks the text of a JSON file that was read already.
 * @throws BrokenFileError
 */
export function parseJsonFile<S extends z.ZodType>(
  text: string,
  schema: S,
  file: string,
  kind: FileKind,
): z.output<S> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const conflict = conflictIn(text);
    const { recovery, conflictRemedy = recovery } = kind;
    throw conflict === undefined
      ? new BrokenFileError(file, kind, syntaxProblem(text), { cause: error })
      : new BrokenFileError(file, { ...kind, recovery: conflictRemedy }, conflict, {
          cause: error,
        });
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const { issues } = result.error;
  const told = issues
    .slice(0, TOLD_MISTAKES)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
  const more = issues.length - told.length;
  throw new BrokenFileError(
    file,
    kind,
    `${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    { cause: result.error },
  );
}

function conflictIn(text: string): string | undefined {
  const line = text.split("\n").findIndex((row) => /^(<{7}|={7}|>{7})( |$)/.test(row));
  return line === -1 ? undefined : `it holds a merge conflict, in line ${line + 1}`;
}

/** Describes why a text is not JSON; the parser's position says little about a truncated file. */
function syntaxProblem(text: string): string {
  if (text.trim() === "") return "it is empty";
  if (isCutOff(text)) return "it ends in the middle";
  return "it is not JSON";
}

/** Returns whether something that was opened is never closed. */
function isCutOff(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|["{}[\]]/gs)) {
    if (token === '"') return true;
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
  }
  return depth > 0;
}
