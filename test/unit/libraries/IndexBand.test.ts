import { expect } from "chai";

import { loadFixture } from "../../shared/fixture";
import { libraryFixture } from "../../shared/libraryFixture";

/** A tenth more value in a step at the most, or half of it less, a step an hour. */
const BAND = { maxGrowth: 100_000n, maxLoss: 500_000n, minInterval: 3_600n, maxSteps: 4n };

describe("IndexBand", () => {
  const allowed: [what: string, elapsed: bigint, epochs: bigint, steps: bigint][] = [
    ["one step at once", 0n, 9n, 1n],
    ["one until the interval ends", 3_599n, 9n, 1n],
    ["two when it has ended", 3_600n, 9n, 2n],
    ["as many as the most", 10_800n, 9n, 4n],
    ["no more than the most", 14_400n, 9n, 4n],
    ["no more than the most after a year", 31_536_000n, 9_000n, 4n],
    ["no more than there were epochs", 10_800n, 3n, 3n],
    ["none without a new epoch", 10_800n, 0n, 0n],
  ];
  for (const [what, elapsed, epochs, steps] of allowed) {
    it(`allows ${what}`, async () => {
      const { library } = await loadFixture(libraryFixture);
      const band = { ...BAND, maxStepsByHand: BAND.maxSteps };
      expect(await library.allowedSteps(band, elapsed, epochs)).to.equal(steps);
    });
  }

  const HALF = 2n ** 95n;
  const nearest: [what: string, from: bigint, index: bigint, steps: bigint, expected: bigint][] = [
    ["the same index", 1_000n, 1_000n, 0n, 1_000n],
    ["one less, without a step", 1_000n, 999n, 0n, 1_000n],
    ["one more, without a step", 1_000n, 1_001n, 0n, 1_000n],
    ["the lowest, rounded down", 1_000n, 909n, 1n, 909n],
    ["one below the lowest", 1_000n, 908n, 1n, 909n],
    ["the lowest after two steps, rounded down at each", 1_000n, 1n, 2n, 826n],
    ["an index between two steps down", 1_000n, 850n, 2n, 850n],
    ["the highest", 9n, 18n, 1n, 18n],
    ["one above the highest", 9n, 19n, 1n, 18n],
    ["one above the first step, with another left", 9n, 19n, 2n, 19n],
    ["far above the highest after two steps", 9n, 1_000n, 2n, 36n],
    ["one more, with steps left whose product would wrap", HALF, HALF + 1n, 32n, HALF + 1n],
  ];
  for (const [what, from, index, steps, expected] of nearest) {
    it(`answers the nearest index in the band: ${what}`, async () => {
      const { library } = await loadFixture(libraryFixture);
      const maxLoss = from === HALF ? 999_999n : BAND.maxLoss;
      const band = { ...BAND, maxLoss, maxStepsByHand: BAND.maxSteps };
      expect(await library.nearestInBand(band, from, index, steps)).to.equal(expected);
    });
  }

  it("rounds the highest up, as home does", async () => {
    const { library } = await loadFixture(libraryFixture);
    const band = { ...BAND, maxLoss: 300_000n, maxStepsByHand: BAND.maxSteps };
    expect(await library.nearestInBand(band, 1_000n, 2_000n, 1n)).to.equal(1_429n);
    expect(await library.nearestInBand(band, 1_000n, 2_000n, 2n)).to.equal(2_000n);
    expect(await library.nearestInBand(band, 1_000n, 5_000n, 2n)).to.equal(2_042n);
  });
});
