import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { expectedOf } from "../shared/ccipExpectations";
import { cellsIn } from "../shared/markdown";

const ROOT = path.resolve(__dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

const ARCHITECTURE = read("docs/architecture.md");

const VERSIONS = ["2.0", "1.6"] as const;

/** The rows of the table of gas in docs/architecture.md, each with the measurements whose figures it gives. */
const ROWS: readonly (readonly [row: string, ...measurements: string[]])[] = [
  [
    "transfer, recipient holds already / is new",
    "transfer to somebody who holds already",
    "transfer to somebody new",
  ],
  ["rebase of the token, for any number of holders", "token.rebase"],
  ["pool.lockOrBurn", "pool.lockOrBurn, as the OnRamp calls it"],
  [
    "pool.releaseOrMint, receiver holds already / is new",
    "pool.releaseOrMint, as the OffRamp calls it, receiver holds already",
    "pool.releaseOrMint, as the OffRamp calls it, receiver new",
  ],
  [
    "ccipSend of tokens, fee in LINK, allowances used up / that last",
    "ccipSend of tokens, fee in LINK, allowances used up",
    "ccipSend of tokens, fee in LINK, allowances that last",
  ],
  [
    "execution of tokens, receiver holds already / is new",
    "execute with one message of tokens, receiver holds already",
    "execute with one message of tokens, receiver new",
  ],
  [
    "broadcast to one satellite, fee in native / LINK",
    "broadcast to 1, fee in native, steady",
    "broadcast to 1, fee in LINK, steady",
  ],
  [
    "broadcast to fifteen, fee in native / LINK",
    "broadcast to 15, fee in native, steady",
    "broadcast to 15, fee in LINK, steady",
  ],
];

describe("Gas figures in the documentation", () => {
  it("match the snapshots row by row for both versions of CCIP", () => {
    const figures = VERSIONS.map(figuresOf);
    const expected = ROWS.map(([row, ...measurements]) => [
      row,
      ...figures.map((all) =>
        measurements.map((name) => all[name]?.toLocaleString("en")).join(" / "),
      ),
    ]);
    expect(cellsIn(ARCHITECTURE, "operation")).to.deep.equal(expected);
  });

  it("bound a broadcast as the tests do", () => {
    const [current, old] = VERSIONS.map((version) => {
      const { base, each } = expectedOf(version).gas.broadcast;
      return `${base.toLocaleString("en")} + ${each.toLocaleString("en")}`;
    });
    expect(ARCHITECTURE).to.include(
      `A broadcast over CCIP 2.0 costs less than ${current} for each satellite, over 1.6 less than ${old}.`,
    );
  });

  it("bound each of fifteen lanes that are paid in LINK", () => {
    const [, most] =
      /Fifteen lanes cost less than ([\d,]+) each over CCIP 1\.6/.exec(ARCHITECTURE) ?? [];
    const all = figuresOf("1.6")["broadcast to 15, fee in LINK, steady"];
    expect(Number(all) / 15).to.be.below(Number(most?.replace(",", "")));
  });
});

function figuresOf(version: (typeof VERSIONS)[number]): Record<string, number> {
  return z
    .record(z.string(), z.number())
    .parse(JSON.parse(read(`test/e2e/__snapshots__/gas-${version}.json`)));
}
