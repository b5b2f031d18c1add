import { expect } from "chai";
import { MaxUint256 } from "ethers";
import fc from "fast-check";

import { ShareMath__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { INDEXES, MAX_INDEX, MAX_SHARES, MIN_INDEX } from "../../shared/indexes";
import { libraryFixture } from "../../shared/libraryFixture";
import { propertyRuns } from "../../shared/propertyRuns";

const errors = { interface: ShareMath__factory.createInterface() };
const sharesPerToken = fc.bigInt(MIN_INDEX, MAX_INDEX);

describe("ShareMath", () => {
  describe("toShares", () => {
    for (const { title, sharesPerToken: k } of INDEXES) {
      it(`multiplies, up to the largest share count, at ${title}`, async () => {
        const { library } = await loadFixture(libraryFixture);
        const most = MAX_SHARES / k;
        for (const amount of [0n, 1n, most - 1n, most]) {
          expect(await library.toShares(amount, k)).to.equal(amount * k);
        }
        for (const amount of [most + 1n, MaxUint256 / k, MaxUint256 / k + 1n, MaxUint256]) {
          await expect(library.toShares(amount, k))
            .to.be.revertedWithCustomError(errors, "AmountExceedsShareRange")
            .withArgs(amount, k);
        }
      });
    }
  });

  it("toTokensDown reverses toShares, whatever dust is added", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(
        sharesPerToken,
        fc.bigInt(0n, MAX_SHARES),
        fc.bigInt(0n, MAX_INDEX),
        async (k, bound, anyDust) => {
          const amount = bound / k;
          const shares = await library.toShares(amount, k);
          expect(await library.toTokensDown(shares + (anyDust % k), k)).to.equal(amount);
        },
      ),
      propertyRuns(200),
    );
  });

  it("toTokensDown rounds down", async () => {
    const { library } = await loadFixture(libraryFixture);
    for (const [shares, k, amount] of [
      [0n, MIN_INDEX, 0n],
      [MIN_INDEX - 1n, MIN_INDEX, 0n],
      [MIN_INDEX, MIN_INDEX, 1n],
      [2n * MAX_INDEX - 1n, MAX_INDEX, 1n],
      [MAX_SHARES, MIN_INDEX, MAX_SHARES / MIN_INDEX],
    ] as const) {
      expect(await library.toTokensDown(shares, k)).to.equal(amount);
    }
  });

  describe("balanceIncrease", () => {
    for (const { held, shares, increase } of [
      { held: 0n, shares: 0n, increase: 0n },
      { held: 0n, shares: MIN_INDEX - 1n, increase: 0n },
      { held: MIN_INDEX - 1n, shares: 1n, increase: 1n },
      { held: MIN_INDEX - 1n, shares: MIN_INDEX, increase: 1n },
      { held: MIN_INDEX - 1n, shares: MIN_INDEX + 1n, increase: 2n },
      { held: MIN_INDEX, shares: MIN_INDEX - 1n, increase: 0n },
    ]) {
      it(`of ${shares} shares that join ${held} is ${increase} at 1e18`, async () => {
        const { library } = await loadFixture(libraryFixture);
        expect(await library.balanceIncrease(held, shares, MIN_INDEX)).to.equal(increase);
      });
    }

    it("is the balance after minus the balance before, within one unit of the shares' own", async () => {
      const { library } = await loadFixture(libraryFixture);
      await fc.assert(
        fc.asyncProperty(
          sharesPerToken,
          fc.bigInt(0n, MAX_SHARES),
          fc.bigInt(0n, MAX_SHARES),
          async (k, total, cut) => {
            const held = cut % (total + 1n);
            const shares = total - held;
            const increase = await library.balanceIncrease(held, shares, k);
            expect(increase).to.equal(total / k - held / k);
            expect(increase - shares / k).to.be.within(0n, 1n);
          },
        ),
        propertyRuns(200),
      );
    });
  });
});
