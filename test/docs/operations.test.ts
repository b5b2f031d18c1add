import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { startTerminals } from "../shared/terminal";
import type { Terminals } from "../shared/terminal";

const PAGE = readFileSync(path.resolve(__dirname, "../../docs/operations.md"), "utf8");
const CHAPTER = "## Operating a mesh";

/** A command of the chapter, and its expected exit code. */
interface Line {
  readonly command: string;
  readonly exitCode: number;
}

/** The commands of the chapter for the second terminal; a comment may say "exits 2". */
function chapterLines(): Line[] {
  const start = PAGE.indexOf(CHAPTER);
  const chapter = PAGE.slice(start, PAGE.indexOf("\n## ", start + 1));
  const blocks = [...chapter.matchAll(/```bash\n([^]*?)```/g)].map(([, body = ""]) => body);
  return blocks
    .flatMap((body) => body.replace(/\\\n\s*/g, "").split("\n"))
    .map((line) => {
      const [command = "", comment = ""] = line.split(" # ");
      const exitCode = Number(/exits (\d)/.exec(comment)?.[1] ?? 0);
      return { command: command.trim(), exitCode };
    })
    .filter(({ command }) => command !== "" && !command.includes("localnet start"));
}

describe('The chapter "Operating a mesh" of docs/operations.md, typed line by line', () => {
  let terminals: Terminals;
  /** Returns the value of a placeholder: the last printed one. */
  let messageId = "";

  before(async () => {
    terminals = await startTerminals({ unwired: true });
  });

  after(() => terminals.close());

  for (const { command, exitCode } of chapterLines()) {
    it(`${command}${exitCode ? ` exits ${exitCode}` : ""}`, async () => {
      const line = command.replace("<message id>", messageId);
      const [, task] = /^npx hardhat ([^|&;<>"'$]+)$/.exec(line) ?? [];
      const { code, stdout, stderr } = await (task === undefined
        ? terminals.type(line)
        : terminals.run(task.split(" ")));
      expect(code, `${stdout}\n${stderr}`).to.equal(exitCode);
      messageId = /(0x[0-9a-f]{64})/.exec(stdout)?.[1] ?? messageId;
    });
  }
});
