import { expect } from "chai";
import { formatUnits } from "ethers";

import { InputError } from "../../../lib/core/input/error";
import {
  UNCHANGED,
  formatGrowth,
  formatGrowthIndex,
  growthFactor,
  growthIndex,
  sharesPerTokenAfter,
} from "../../../lib/core/growth";
import { MAX_GROWTH_FACTOR } from "../../../lib/core/units";

describe("A growth factor", () => {
  for (const [percent, factor, text] of [
    ["0", UNCHANGED, "+0 %"],
    ["5", (UNCHANGED * 105n) / 100n, "+5 %"],
    ["-2", (UNCHANGED * 98n) / 100n, "-2 %"],
    ["-2.5", (UNCHANGED * 975n) / 1000n, "-2.5 %"],
    ["0.0000000000000000000000001", UNCHANGED + 1n, "+0.0000000000000000000000001 %"],
  ] as const) {
    it(`of ${percent} % is ${factor} and reads ${text}`, () => {
      expect(growthFactor(percent)).to.equal(factor);
      expect(formatGrowth(factor)).to.equal(text);
    });
  }

  it("is at least nothing, and at most what the controller keeps as a bound", () => {
    const percent = (factor: bigint) => formatUnits(factor - UNCHANGED, 25);
    for (const bound of [0n, MAX_GROWTH_FACTOR]) {
      expect(growthFactor(percent(bound))).to.equal(bound);
    }
    const most = percent(MAX_GROWTH_FACTOR);
    expect(() => growthFactor(percent(MAX_GROWTH_FACTOR + 1n))).to.throw(`at most ${most} %`);
    expect(() => growthFactor(percent(-1n))).to.throw("at least -100.0 %");
  });

  for (const nonsense of ["", "five", "1,5", "1e3", "0x5", "5."]) {
    it(`is not read from "${nonsense}"`, () => {
      expect(() => growthFactor(nonsense)).to.throw(InputError, `"${nonsense}"`);
    });
  }

  it("leads to an index that is rounded up, against the supply", () => {
    const grown = sharesPerTokenAfter(10n ** 24n, growthFactor("5"));
    expect(grown).to.equal(952_380_952_380_952_380_952_381n);
    expect(sharesPerTokenAfter(10n ** 24n, UNCHANGED)).to.equal(10n ** 24n);
  });
});

describe("The growth index", () => {
  for (const [title, sharesPerToken, index, text] of [
    ["genesis", 10n ** 24n, 10n ** 18n, "1.000000000"],
    ["a doubling", 5n * 10n ** 23n, 2n * 10n ** 18n, "2.000000000"],
    ["a gain of 5 %", 952_380_952_380_952_380_952_381n, 1_049_999_999_999_999_999n, "1.049999999"],
    ["the lowest divisor", 10n ** 18n, 10n ** 24n, "1,000,000.000000000"],
    ["no epoch yet", 0n, 0n, "unsynced"],
  ] as const) {
    it(`after ${title} is ${text}`, () => {
      expect(growthIndex(sharesPerToken)).to.equal(index);
      expect(formatGrowthIndex(sharesPerToken)).to.equal(text);
    });
  }
});
