import { expect } from "chai";
import { id, toQuantity } from "ethers";
import { ethers } from "hardhat";

import { readLogs, readNewestLogs } from "../../../lib/rpc/logs";
import { LinkToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { thinProvider } from "../../shared/thinProvider";

const BLOCKS = 64_000;

/** A long chain with a log in its first block, in its last, and every 8,000 blocks between. */
async function longChainFixture() {
  const { provider } = ethers;
  const [owner] = await ethers.getSigners();
  const link = await new LinkToken__factory(owner).deploy();
  const fromBlock = (await provider.getBlockNumber()) + 1;
  for (let i = 0; i <= 8; i++) {
    if (i > 0) await provider.send("hardhat_mine", [toQuantity(7_999)]);
    await (await link.approve(await link.getAddress(), i)).wait();
  }
  const range = {
    address: await link.getAddress(),
    topics: [id("Approval(address,address,uint256)")],
    fromBlock,
    toBlock: await provider.getBlockNumber(),
  };
  expect(range.toBlock - fromBlock).to.equal(BLOCKS);
  return range;
}

describe("Reading logs", () => {
  const CASES = [
    { what: "of an endpoint that allows everything", maxBlocks: undefined, most: 1 },
    { what: "of one that allows 1,000 blocks", maxBlocks: 1_000, most: 80 },
    { what: "of one that allows a number that is no power of anything", maxBlocks: 777, most: 150 },
    {
      what: "of one that allows everything, after it was out of order",
      outages: [1, 2, 3, 4],
      most: 40,
    },
    {
      what: "of one that allows 1,000 blocks, and was out of order half way",
      maxBlocks: 1_000,
      outages: [30, 31, 32, 33],
      most: 130,
    },
  ];
  for (const { what, most, ...thinness } of CASES) {
    it(`${what}: all of them, in at most ${most} requests`, async () => {
      const range = await loadFixture(longChainFixture);
      const thin = thinProvider(ethers.provider, thinness);
      const logs = await readLogs(thin.provider, range);
      expect(logs.map(({ blockNumber }) => blockNumber - range.fromBlock)).to.deep.equal(
        Array.from({ length: 9 }, (_, i) => i * 8_000),
      );
      expect(thin.logRequests()).to.be.at.most(most);
    });
  }

  it("of an endpoint that allows two blocks, or one: all of them, a few at a time", async () => {
    const range = await loadFixture(longChainFixture);
    for (const maxBlocks of [2, 1]) {
      const thin = thinProvider(ethers.provider, { maxBlocks });
      const last = { ...range, fromBlock: range.toBlock - 99 };
      const logs = await readLogs(thin.provider, last);
      expect(logs.map(({ blockNumber }) => blockNumber)).to.deep.equal([range.toBlock]);
      expect(thin.logRequests()).to.be.at.most(150);
    }
  });

  it("of an endpoint that refuses a single block: throws its error", async () => {
    const range = await loadFixture(longChainFixture);
    const thin = thinProvider(ethers.provider, { maxBlocks: 0 });
    await expect(readLogs(thin.provider, range)).to.be.rejectedWith("limited to a 0 blocks range");
    expect(thin.logRequests()).to.be.at.most(10);
  });
});

describe("Reading the newest logs", () => {
  for (const [what, count, last, thousands] of [
    ["one, in the last block", 1, 64_000, [64]],
    ["three: with others of the same chunk, oldest first", 3, 64_000, [40, 48, 56, 64]],
    ["one, just before the first chunk", 1, 53_000, [32, 40, 48]],
    ["more than there are: each of them once", 100, 64_000, [0, 8, 16, 24, 32, 40, 48, 56, 64]],
    ["none before the range", 1, -1, []],
  ] as const) {
    it(what, async () => {
      const range = await loadFixture(longChainFixture);
      const toBlock = range.fromBlock + last;
      const logs = await readNewestLogs(ethers.provider, { ...range, toBlock }, count);
      expect(logs.map(({ blockNumber }) => blockNumber - range.fromBlock)).to.deep.equal(
        thousands.map((thousand) => thousand * 1_000),
      );
    });
  }
});
