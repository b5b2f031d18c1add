import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { isNode } from "../../scripts/mutate/ast";
import type { AstNode } from "../../scripts/mutate/ast";
import { EQUIVALENTS } from "../../scripts/mutate/equivalents";
import { mutationsOf } from "../../scripts/mutate/mutations";
import { bytesOf } from "../../scripts/mutate/source";
import { SUBJECTS } from "../../scripts/mutate/subjects";
import { switched, withFault } from "../../scripts/mutate/switched";

const ROOT = path.resolve(__dirname, "../..");
const WITHOUT_CODE = ["interfaces", "test", "OpenZeppelin.sol"];
const output = z.object({ sources: z.object({ s: z.object({ ast: z.custom<AstNode>(isNode) }) }) });

describe("Mutation testing", () => {
  it("has the tests of every source of ours with code", () => {
    const sources = readdirSync(path.join(ROOT, "contracts"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol") && !WITHOUT_CODE.includes(file.split("/")[0] ?? ""))
      .map((file) => `contracts/${file}`);
    expect(SUBJECTS.map(({ source }) => source)).to.have.members(sources);
  });

  it("names files of tests that there are, each once for a contract", () => {
    for (const { name, tests } of SUBJECTS) {
      expect(new Set(tests).size, name).to.equal(tests.length);
      const missing = tests.filter((file) => !existsSync(path.join(ROOT, file)));
      expect(missing, name).to.deep.equal([]);
    }
  });

  it("has a reason for each fault that may survive, in a contract that is mutated", () => {
    const names = SUBJECTS.map(({ name }) => name);
    for (const { contract, before, after, reason } of EQUIVALENTS) {
      expect(names).to.include(contract);
      expect(after).not.to.equal(before);
      expect(reason).to.match(/^[A-Z].{10,}\.$/);
    }
  });

  const rows: [what: string, statement: string, faults: string[]][] = [
    [
      "a check: it is removed, and its boundary moves to both sides",
      "if (a < b) revert();",
      ["{}", "if (a <= b) revert();", "if ((a) + 1 < b) revert();"],
    ],
    ["a minimum: only the other value", "a = a < b ? a : b;", ["{}", "a = a > b ? a : b;"]],
    [
      "a limit that is put in the place of a value",
      "if (a > b) a = b;",
      ["{}", "if (a < b) a = b;"],
    ],
    ["a reserve of gas", "if (gasleft() < a) return;", ["{}", "if (gasleft() > a) return;"]],
    [
      "a sum, a product and a number",
      "a = a + b * 2;",
      [
        "{}",
        "a = a - b * 2;",
        "a = a + (b / 2);",
        "a = a + b * (2 + 1);",
        "a = a + b * (2 - 1);",
        "a = a + b * 0;",
      ],
    ],
    ["an event, and its arguments", "emit Moved(a, b);", ["{}", "emit Moved(b, a);"]],
    ["a text", 'require(a == b, "no");', ["{}", 'require(a != b, "no");']],
  ];
  for (const [what, statement, faults] of rows) {
    it(`plants in ${what}`, () => {
      const { source, ast } = compiled(statement);
      const own = mutationsOf(ast, source).filter(({ function: name }) => name === "f");
      expect(own.map(({ after }) => after.replace(/^function .*? \{ | \}$/g, ""))).to.have.members(
        faults,
      );
    });
  }

  it("puts many faults into one source, of which a number in its code chooses one", () => {
    const { source, ast } = compiled("if (a < b) revert();");
    const own = mutationsOf(ast, source).filter(({ function: name }) => name === "f");
    const together = switched(source, own);
    const { ast: again } = parsed(together.source);
    expect(isNode(again)).to.equal(true);
    const [, mark = ""] = /constant \w+ = 0x(\w+);/.exec(together.source) ?? [];
    expect(withFault(mark, 3)).to.equal(mark.slice(0, -1) + "3");
  });
});

function compiled(statement: string): { source: string; ast: AstNode } {
  return parsed(
    bytesOf(
      `pragma solidity ^0.8.0; contract C { event Moved(uint256 from, uint256 to);\nfunction f(uint256 a, uint256 b) external {\n${statement}\n} }`,
    ),
  );
}

function parsed(source: string): { source: string; ast: AstNode } {
  const { compile } = require("solc") as { compile: (input: string) => string };
  const settings = { outputSelection: { "*": { "": ["ast"] } } };
  const input = { language: "Solidity", sources: { s: { content: source } }, settings };
  const { sources } = output.parse(JSON.parse(compile(JSON.stringify(input))));
  return { source, ast: sources.s.ast };
}
