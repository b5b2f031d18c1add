import Table from "cli-table3";

import { withoutSecrets } from "../files/secrets";

/** Columns that a terminal has at least. */
const COLUMNS = 100;

/** Formats rows as a table under a heading, columns aligned: the first to the left, numbers to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i < leftColumns ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/**
 * Breaks a text at spaces so that no line is longer than a terminal is wide; a longer word stays whole.
 * @param indent what every line starts with; lines after the first are indented two columns more.
 */
export function wrap(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}

/** Formats a number of things: "1 step", "2 steps". */
export function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? "" : "s"}`;
}

/** Lists the chains that do not answer, with the reasons. */
export function unreadLines(unread: ReadonlyMap<string, Error>): string[] {
  return [...unread].flatMap(([name, { message }]) =>
    wrap(`${name} was not read: ${withoutSecrets(message)}`),
  );
}
