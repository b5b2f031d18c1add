import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

/**
 * Compares a text with the one in git, so that a change of it is reviewed as a diff. Run
 * with `UPDATE_TEXTS=1` to write it.
 * @param file of the text, below a folder `__snapshots__`.
 */
export function expectText(file: string, text: string): void {
  const written = `${text.replace(/[ \t]+$/gm, "")}\n`;
  if (process.env.UPDATE_TEXTS === "1") {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, written);
  }
  expect(
    written,
    `${path.basename(file)}: run again with UPDATE_TEXTS=1 if that is meant`,
  ).to.equal(readFileSync(file, "utf8"));
}
