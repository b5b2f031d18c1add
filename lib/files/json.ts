import { readFileSync } from "node:fs";

import type { z } from "zod";

import { OperatorError } from "../core/errors";

/** The kind of a file and how to recover it, for the error when it is broken. */
interface FileKind {
  /** Its kind: "record of a deployment". */
  readonly what: string;
  /** The remedy when it is broken: a sentence without its full stop. */
  readonly recovery: string;
  /** The remedy when it holds a merge conflict instead, which `git restore` alone does not resolve. */
  readonly conflictRemedy?: string;
}

/** The most mistakes of a file that are listed. */
const LISTED_ISSUES = 3;

/**
 * Reads a JSON file.
 * @returns undefined when there is no such file.
 * @throws OperatorError (BROKEN_FILE) with the file, what is wrong with it and how to get it back.
 */
export function readJsonFile<S extends z.ZodType>(
  file: string,
  schema: S,
  { what, recovery, conflictRemedy = recovery }: FileKind,
): z.output<S> | undefined {
  const broken = (problem: string, cause: unknown, remedy = recovery) =>
    new OperatorError("BROKEN_FILE", `${file} is not a ${what}: ${problem}. ${remedy}.`, { cause });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw broken(`it cannot be read (${code ?? message})`, error);
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const line = text.split("\n").findIndex((row) => /^(<{7}|={7}|>{7})( |$)/.test(row)) + 1;
    if (line === 0) throw broken(syntaxProblem(text.trim()), error);
    throw broken(`it holds a merge conflict, in line ${line}`, error, conflictRemedy);
  }
  const { data, error } = schema.safeParse(input);
  if (!error) return data;
  const { issues } = error;
  const listed = issues
    .slice(0, LISTED_ISSUES)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
  const more = issues.length - listed.length;
  throw broken(`${listed.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, error);
}

/** Describes why a text is not JSON; the parser's position says little about a truncated file. */
function syntaxProblem(text: string): string {
  if (text === "") return "it is empty";
  const end = text.startsWith("{") ? "}" : text.startsWith("[") ? "]" : "";
  return text.endsWith(end) ? "it is not JSON" : "it ends in the middle";
}
