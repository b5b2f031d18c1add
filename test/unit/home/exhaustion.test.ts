import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";

import { CONFIG, UNCHANGED, controllerFixture, nextEpoch } from "../../shared/controllerFixture";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, MAX_INDEX, MIN_INDEX, ceilDiv } from "../../shared/indexes";
import { ROLES, holdingsOf } from "../../shared/tokenFixture";

const YEAR = 31_536_000n;

describe("Growth over decades", () => {
  it("of 25 % a year, added each day, leaves room for fifty years [A13]", () => {
    // The day's factor: 365 of them are 25 %, to the last digit that 1e27 has.
    const daily = 1_000_611_543_000_000_000_000_000_000n;
    let index = GENESIS_INDEX;
    for (let day = 0n; day < 50n * (YEAR / 86_400n); day++) {
      index = ceilDiv(index * UNCHANGED, daily);
    }
    expect(GENESIS_INDEX / index).to.be.within(60_000n, 80_000n);
    expect(index).to.be.above(MIN_INDEX);
  });

  it("ends at the bound of the index: the rebase is refused, everything else goes on [A13, E9]", async () => {
    const world = await loadFixture(controllerFixture);
    const { token, controller, admin, operator, holder, smallHolder, thirdParty } = world;
    await controller.setConfig({
      ...CONFIG,
      minInterval: 0n,
      delay: 0n,
      maxGrowthFactor: 2n * UNCHANGED,
    });
    const grow = async () =>
      controller.connect(operator).rebaseAfter(2n * UNCHANGED, 0n, await nextEpoch(controller));
    let rebases = 0;
    // 2^19 is half a million, 2^20 more than the million of the bound.
    for (; rebases < 19; rebases++) await grow();
    const index = await token.sharesPerToken();
    const before = await holdingsOf(token, [holder, smallHolder]);
    await expect(grow())
      .to.be.revertedWithCustomError(token, "SharesPerTokenOutOfBounds")
      .withArgs(ceilDiv(index, 2n), MIN_INDEX, MAX_INDEX);
    expect(await holdingsOf(token, [holder, smallHolder])).to.deep.equal(before);
    expect(await token.epoch()).to.equal(20n);

    const [, dust = 0n] = before.balances;
    expect(dust).to.be.above(777n * 500_000n);
    await expect(token.connect(smallHolder).transfer(thirdParty, dust)).to.changeTokenBalances(
      token,
      [smallHolder, thirdParty],
      [-dust, dust],
    );
    await token.grantRole(ROLES.bridge, admin);
    await token.connect(thirdParty).transfer(admin, dust);
    const { shares } = await token.bridgeBurn.staticCall(dust);
    await token.bridgeBurn(dust);
    expect(shares).to.equal(dust * index);
    await expect(token.bridgeMint(thirdParty, shares)).to.changeTokenBalance(
      token,
      thirdParty,
      dust,
    );
    // A loss is possible, and then a gain again.
    await time.increase(1);
    await controller
      .connect(operator)
      .rebaseAfter(CONFIG.minGrowthFactor, 0n, await nextEpoch(controller));
    expect(await token.sharesPerToken()).to.be.above(index);
  });
});
