import { expect } from "chai";
import { toQuantity } from "ethers";
import { ethers } from "hardhat";

import { firstBlockAt, timeNow, timeOfBlock } from "../../../lib/rpc/blocks";
import { loadFixture } from "../../shared/fixture";
import { thinProvider } from "../../shared/thinProvider";

describe("The time of a block", () => {
  it("is awaited at an endpoint that does not have the block yet", async () => {
    const block = await ethers.provider.getBlock("latest");
    if (!block) throw new Error("The chain has no block.");
    const { provider } = thinProvider(ethers.provider, { missing: 2 });
    expect(await timeOfBlock(provider, block.number)).to.equal(BigInt(block.timestamp));
  });
});

/** A chain with a block every ten seconds, and its newest one. */
async function slowChainFixture() {
  await ethers.provider.send("hardhat_mine", [toQuantity(20), toQuantity(10)]);
  const block = await ethers.provider.getBlock("latest");
  if (!block) throw new Error("The chain has no block.");
  return { toBlock: block.number, newest: BigInt(block.timestamp) };
}

describe("The first block at or after a time", () => {
  for (const [what, seconds, back] of [
    ["the time of a block: that block", 100n, 10],
    ["a second later: the next block", 99n, 9],
    ["a second sooner: that block", 101n, 10],
    ["the time of the newest block: that block", 0n, 0],
    ["later than all: the newest block", -1n, 0],
    ["sooner than all: the first block of the range", 10_000n, 15],
  ] as const) {
    it(what, async () => {
      const { toBlock, newest } = await loadFixture(slowChainFixture);
      const within = { fromBlock: toBlock - 15, toBlock };
      const found = await firstBlockAt(ethers.provider, newest - seconds, within);
      expect(toBlock - found).to.equal(back);
    });
  }
});

describe("The time on a chain", () => {
  it("is that of its newest block on a live one, whatever this machine's clock says", () => {
    expect(timeNow(true, 7n)).to.equal(7n);
  });

  it("is this machine's on a local one that rests, in seconds, unless its blocks are ahead", () => {
    const clock = Date.now() / 1_000;
    expect(Number(timeNow(false, 7n))).to.be.within(Math.floor(clock), clock + 600);
    expect(timeNow(false, 10n ** 11n)).to.equal(10n ** 11n);
  });
});
