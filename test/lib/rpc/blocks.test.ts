import { expect } from "chai";
import { ethers } from "hardhat";

import { timeOfBlock } from "../../../lib/rpc/blocks";
import { thinProvider } from "../../shared/thinProvider";

describe("The time of a block", () => {
  it("is awaited at an endpoint that does not have the block yet", async () => {
    const block = await ethers.provider.getBlock("latest");
    if (!block) throw new Error("The chain has no block.");
    const { provider } = thinProvider(ethers.provider, { missing: 2 });
    expect(await timeOfBlock(provider, block.number)).to.equal(BigInt(block.timestamp));
  });
});
