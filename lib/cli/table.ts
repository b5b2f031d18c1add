import Table from "cli-table3";

/** Rows of text under a heading, columns aligned: the first to the left, numbers to the right. */
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
