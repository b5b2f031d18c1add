import { expect } from "chai";

import { searchBack, searchForward } from "../../../lib/rpc/search";
import type { Search } from "../../../lib/rpc/search";

/** A chain with something in some of its blocks, and the ranges that were asked for. */
function place(blocks: readonly number[], fromBlock: number, toBlock: number) {
  const asked: [number, number][] = [];
  const search: Search<number> = {
    fromBlock,
    toBlock,
    read: (from, to) => {
      asked.push([from, to]);
      return Promise.resolve(blocks.filter((block) => from <= block && block <= to));
    },
  };
  return { search, asked };
}

describe("Searching blocks", () => {
  it("backward: from the newest on, in growing steps, no further than needed", async () => {
    const { search, asked } = place([1_000, 94_000], 0, 100_000);
    expect(await searchBack([search])).to.deep.equal([94_000]);
    expect(asked).to.deep.equal([
      [98_001, 100_000],
      [90_001, 98_000],
    ]);
  });

  it("backward on several chains at once: the first result ends the search", async () => {
    const [old, young] = [place([5], 0, 50_000), place([19_999], 0, 20_000)];
    expect(await searchBack([old.search, young.search])).to.deep.equal([19_999]);
    expect(old.asked).to.have.length(1);
  });

  it("backward: every block once, down to the first, when there is no result", async () => {
    const { search, asked } = place([], 10, 11_000);
    const empty = place([], 5, 4);
    expect(await searchBack([search, empty.search])).to.be.empty;
    expect(asked).to.deep.equal([
      [9_001, 11_000],
      [1_001, 9_000],
      [10, 1_000],
    ]);
    expect(empty.asked).to.be.empty;
  });

  it("backward: finds what is in the one block that is left", async () => {
    const { search, asked } = place([9_000], 9_000, 11_000);
    expect(await searchBack([search])).to.deep.equal([9_000]);
    expect(asked).to.deep.equal([
      [9_001, 11_000],
      [9_000, 9_000],
    ]);
  });

  it("forward: from the oldest on, no further than needed", async () => {
    const { search, asked } = place([7_000, 90_000], 100, 100_000);
    expect(await searchForward(search)).to.deep.equal([7_000]);
    expect(asked).to.deep.equal([
      [100, 2_099],
      [2_100, 10_099],
    ]);
    expect(await searchForward(place([], 0, 100_000).search)).to.be.empty;
  });
});
