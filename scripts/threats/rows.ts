import { readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { SEPARATOR, titledTests } from "./titles";
import type { TitledTest } from "./titles";

const DOCS = path.resolve(__dirname, "../../docs");

/** A threat or an invariant, with the tests whose titles carry its id. */
export interface Row {
  readonly id: string;
  readonly text: string;
  readonly tests: readonly TitledTest[];
  /** Reason why it needs no test, from docs/threats-untested.json. */
  readonly reason: string | undefined;
}

/** The comparison of docs/threats.md with the titles of all tests. */
export interface ThreatReport {
  readonly rows: readonly Row[];
  /** Each thing to mend, in a line. */
  readonly faults: readonly string[];
}

/** Returns the ids and texts of the rows in a page's tables. */
export function rowsOf(page: string): { id: string; text: string }[] {
  return [...page.matchAll(/^\| ([A-Z]\d+)\s*\|(.*)\|$/gm)].map(([, id = "", cells = ""]) => ({
    id,
    text: cells
      .split("|")
      .map((cell) => cell.trim())
      .join(": "),
  }));
}

/** Returns the ids in square brackets at the end of a test's title, or of its groups' titles. */
export function idsOf({ title }: Pick<TitledTest, "title">): string[] {
  return title
    .split(SEPARATOR)
    .flatMap((part) => /\[([A-Z]\d+(?:, [A-Z]\d+)*)\]$/.exec(part)?.[1]?.split(", ") ?? []);
}

/** Compares the rows of docs/threats.md with the tests and with the reasons for rows without one. */
export function threatReport(
  page = readFileSync(path.join(DOCS, "threats.md"), "utf8"),
  tests: readonly TitledTest[] = titledTests(),
  reasons: Readonly<Record<string, string>> = readReasons(),
): ThreatReport {
  const rows = rowsOf(page).map(({ id, text }) => ({
    id,
    text,
    tests: tests.filter((test) => idsOf(test).includes(id)),
    reason: reasons[id],
  }));
  const known = new Set(rows.map(({ id }) => id));
  const faults = [
    ...rows
      .filter(({ id }, index) => rows.findIndex((row) => row.id === id) !== index)
      .map(({ id }) => `${id} has two rows in docs/threats.md: give one of them another id.`),
    ...rows
      .filter((row) => row.tests.length === 0 && row.reason === undefined)
      .map(
        ({ id, text }) =>
          `${id} has no test (${text}): end the title of one that shows it with [${id}].`,
      ),
    ...rows
      .filter((row) => row.tests.length > 0 && row.reason !== undefined)
      .map(({ id }) => `${id} has a test: remove its reason from docs/threats-untested.json.`),
    ...Object.keys(reasons)
      .filter((id) => !known.has(id))
      .map((id) => `${id} in docs/threats-untested.json is no row of docs/threats.md: remove it.`),
    ...tests.flatMap((test) =>
      idsOf(test)
        .filter((id) => !known.has(id))
        .map((id) => `${id} at ${test.file}:${test.line} is no row of docs/threats.md.`),
    ),
  ];
  return { rows, faults };
}

function readReasons(): Record<string, string> {
  const text = readFileSync(path.join(DOCS, "threats-untested.json"), "utf8");
  return z.record(z.string(), z.string().min(1)).parse(JSON.parse(text));
}
