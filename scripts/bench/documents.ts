import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import type { ReportTable } from "./tables";

/** The files that hold tables of a run, and the names of the parts that are generated. */
export const DOCUMENTS = {
  peers: "README.md",
  growth: "docs/benchmarks.md",
  times: "docs/benchmarks.md",
} as const;

export type DocumentPart = keyof typeof DOCUMENTS;

const ROOT = path.resolve(__dirname, "../..");

/** Returns the text of a part of a document, without its markers. */
export function partOf(part: DocumentPart): string {
  const text = readFileSync(path.join(ROOT, DOCUMENTS[part]), "utf8");
  const { start, end } = find(text, part);
  return text.slice(start, end).trim();
}

/** Writes tables into a part of a document. */
export async function writePart(part: DocumentPart, tables: readonly ReportTable[]): Promise<void> {
  const file = path.join(ROOT, DOCUMENTS[part]);
  const text = readFileSync(file, "utf8");
  const { start, end } = find(text, part);
  const written = await markdownOf(tables);
  writeFileSync(file, `${text.slice(0, start)}\n\n${written}\n\n${text.slice(end)}`);
}

/** Formats tables as a document has them. */
export async function markdownOf(tables: readonly ReportTable[]): Promise<string> {
  const text = tables.map(({ caption, head, rows }) =>
    [
      caption,
      "",
      line(head),
      line(head.map((_, i) => (i === 0 ? "---" : "---:"))),
      ...rows.map(line),
    ].join("\n"),
  );
  const config = await resolveConfig(path.join(ROOT, "README.md"));
  return (await format(text.join("\n\n"), { ...config, parser: "markdown" })).trim();
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function find(text: string, part: DocumentPart): { start: number; end: number } {
  const [opening, closing] = [`<!-- bench:${part} -->`, `<!-- /bench:${part} -->`];
  const [start, end] = [text.indexOf(opening), text.indexOf(closing)];
  if (start === -1 || end < start) {
    throw new Error(
      `${DOCUMENTS[part]} has no ${opening} that ${closing} follows: write both on lines of their own, where the tables belong.`,
    );
  }
  return { start: start + opening.length, end };
}
