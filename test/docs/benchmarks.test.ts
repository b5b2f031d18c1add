import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";
import type { CcipVersion } from "ccip-localnet/protocol";

import type { BatchGas } from "../../scripts/bench/batches";
import { markdownOf, partOf } from "../../scripts/bench/documents";
import { measureHolders } from "../../scripts/bench/holders";
import type { HolderGas } from "../../scripts/bench/holders";
import { HOLDERS, MESSAGES, SATELLITES } from "../../scripts/bench/report";
import type { BroadcastGas } from "../../scripts/bench/satellites";
import { growthTables, holderTable, tokenTable } from "../../scripts/bench/tables";
import { measureTokens } from "../../scripts/bench/tokens";
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
  it("compare our token with the others as they measure now", async () => {
    expect(partOf("peers")).to.include(await markdownOf([tokenTable(await measureTokens())]));
  });

  it("state the same gas for every number of holders, as measured for one and a thousand", async () => {
    const [one, thousand] = holderTable(await measureHolders([1, 1_000])).rows;
    const figures = one?.slice(1);
    expect(thousand?.slice(1)).to.deep.equal(figures);
    const rows = cellsIn(partOf("growth"), "holders");
    expect(rows).to.deep.equal(
      HOLDERS.map((holders) => [holders.toLocaleString("en"), ...(figures ?? [])]),
    );
  });

  for (const version of ["2.0", "1.6"] as const) {
    it(`state the gas of broadcasts over CCIP ${version} as in its snapshot, and on its line between two and fifteen`, () => {
      const snapshot = snapshotOf(version);
      const { broadcasts } = statedSatellites(version);
      for (const feeToken of ["native", "LINK"] as const) {
        const [two = 0, fifteen = 0] = [2, 15].map(
          (satellites) => snapshot[`broadcast to ${satellites}, fee in ${feeToken}, steady`],
        );
        for (const { satellites, [feeToken]: stated } of broadcasts) {
          const measured = snapshot[`broadcast to ${satellites}, fee in ${feeToken}, steady`];
          const line = two + ((fifteen - two) * (satellites - 2)) / 13;
          const what = `${satellites} satellites, ${feeToken}`;
          if (measured === undefined) expect(stated, what).to.be.closeTo(line, line / 200);
          else expect(stated, what).to.equal(measured);
        }
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

  it("have the rows, captions and ratios that a run makes of the figures of growth", async () => {
    const { ours, BurnMintTokenPool } = statedBatches();
    const tables = growthTables({
      holders: statedHolders(),
      satellites: { "1.6": statedSatellites("1.6"), "2.0": statedSatellites("2.0") },
      batches: {
        "1.6": { ours: ours["1.6"], BurnMintTokenPool: BurnMintTokenPool["1.6"] },
        "2.0": { ours: ours["2.0"], BurnMintTokenPool: BurnMintTokenPool["2.0"] },
      },
    });
    expect(partOf("growth")).to.equal(await markdownOf(tables));
  });
});

/** The number in a cell, or before the brackets in it. */
function numberOf(cell: string | undefined): number {
  return Number(cell?.split(" ")[0]?.replaceAll(",", ""));
}

/** The figures of the row of a table that begins with a number; NaN where there is none. */
function statedRow(page: string, heading: string, first: number): number[] {
  const row = cellsIn(page, heading).find(([cell]) => numberOf(cell) === first);
  return Array.from({ length: 5 }, (_, i) => numberOf(row?.[i + 1]));
}

function statedHolders(): HolderGas[] {
  return HOLDERS.map((holders) => {
    const [transfer = 0, rebase = 0] = statedRow(partOf("growth"), "holders", holders);
    return { holders, transfer, rebase };
  });
}

function statedSatellites(version: CcipVersion): BroadcastGas {
  const page = partOf("growth");
  const table = page.slice(page.indexOf(`Gas of a broadcast over CCIP ${version}`));
  const broadcasts = SATELLITES.map((satellites) => {
    const [native = 0, , LINK = 0] = statedRow(table, "satellites", satellites);
    return { satellites, native, LINK };
  });
  return { broadcasts, plainMessage: numberOf(/which takes ([\d,]+)\./.exec(table)?.[1]) };
}

function statedBatches(): Record<"ours" | "BurnMintTokenPool", Record<CcipVersion, BatchGas[]>> {
  const batches = (executeAt: number, commitAt?: number) =>
    MESSAGES.map((messages) => {
      const row = statedRow(partOf("growth"), "messages", messages);
      const commit = commitAt === undefined ? undefined : row[commitAt];
      return { messages, commit, execute: row[executeAt] ?? NaN };
    });
  return {
    ours: { "1.6": batches(1, 0), "2.0": batches(3) },
    BurnMintTokenPool: { "1.6": batches(2), "2.0": batches(4) },
  };
}
