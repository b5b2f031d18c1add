import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { markdownOf, partOf } from "../../scripts/bench/documents";
import { measureHolders } from "../../scripts/bench/holders";
import { holderTable, tokenTable } from "../../scripts/bench/tables";
import { measureTokens } from "../../scripts/bench/tokens";
import { notMeasured } from "../shared/gasSnapshot";
import { cellsIn } from "../shared/markdown";

const snapshotOf = (version: string) =>
  z
    .record(z.string(), z.number())
    .parse(
      JSON.parse(
        readFileSync(path.resolve(__dirname, `../e2e/__snapshots__/gas-${version}.json`), "utf8"),
      ),
    );

describe("Benchmarks in the documentation: npm run bench -- --write updates them", () => {
  const reason = notMeasured();
  if (reason !== undefined) {
    it.skip(`are not measured: ${reason}`);
    return;
  }

  it("compare our token with the others as they measure now", async () => {
    expect(partOf("peers")).to.include(await markdownOf([tokenTable(await measureTokens())]));
  });

  it("state the same gas for every number of holders, as measured for one and a thousand", async () => {
    const [one, thousand] = holderTable(await measureHolders([1, 1_000])).rows;
    const figures = one?.slice(1);
    expect(thousand?.slice(1)).to.deep.equal(figures);
    const rows = cellsIn(partOf("growth"), "holders");
    expect(rows.map(([, ...documented]) => documented)).to.deep.equal(rows.map(() => figures));
    expect(rows.map(([holders]) => holders)).to.include.members(["1", "1,000"]);
  });

  for (const version of ["2.0", "1.6"] as const) {
    it(`state the gas of broadcasts over CCIP ${version} as in its snapshot`, () => {
      const snapshot = snapshotOf(version);
      const growth = partOf("growth");
      const table = growth.slice(growth.indexOf(`Gas of a broadcast over CCIP ${version}`));
      const rows = new Map(cellsIn(table, "satellites").map(([count, ...cells]) => [count, cells]));
      for (const count of [1, 2, 15]) {
        const [native, , link] = rows.get(String(count)) ?? [];
        const figure = (feeToken: string) =>
          snapshot[`broadcast to ${count}, fee in ${feeToken}, steady`]?.toLocaleString("en");
        expect([native, link], `${count} satellites`).to.deep.equal([
          figure("native"),
          figure("LINK"),
        ]);
      }
    });
  }

  it("state the gas of one message in a batch as the README does", () => {
    const [one] = cellsIn(partOf("growth"), "messages");
    const executed = cellsIn(partOf("peers"), "transfer").find(
      ([operation]) => operation === "execute, to a holder",
    );
    if (!one || !executed) throw new Error("The tables have no such row.");
    const [, newest, besideNewest, oldest, besideOldest] = executed;
    expect(one.slice(2)).to.deep.equal([oldest, besideOldest, newest, besideNewest]);
  });
});
