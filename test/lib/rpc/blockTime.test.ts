import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

import { firstBlockSince, timeOfBlock } from "../../../lib/rpc/blockTime";

describe("The first block since a time", () => {
  let latest: number;
  before(async () => {
    await mine(20, { interval: 12 });
    latest = await time.latestBlock();
  });

  for (const [what, seconds, blocks] of [
    ["the block of that second", 0n, 0],
    ["the next one, when that second had none", 1n, 1],
    ["the next one, up to its second", 12n, 1],
  ] as const) {
    it(`is ${what}`, async () => {
      const block = latest - 10;
      const at = (await timeOfBlock(ethers.provider, block)) + seconds;
      expect(await firstBlockSince(ethers.provider, at, latest)).to.equal(block + blocks);
    });
  }

  it("is the very first one for a time before all of them", async () => {
    expect(await firstBlockSince(ethers.provider, 0n, latest)).to.equal(0);
  });

  it("is the latest one for a time to come", async () => {
    const later = BigInt(await time.latest()) + 1_000n;
    expect(await firstBlockSince(ethers.provider, later, latest)).to.equal(latest);
  });
});
