import { expect } from "chai";
import { parseEther } from "ethers";

import { formatTokens } from "../../../lib/core/amount";

describe("The display of a token amount", () => {
  for (const [amount, decimals, text] of [
    [0n, 2, "0.00"],
    [1n, 2, "<0.01"],
    [1n, 0, "<1"],
    [1n, 18, "0.000000000000000001"],
    [parseEther("0.01"), 2, "0.01"],
    [parseEther("0.019"), 2, "0.01"],
    [parseEther("999.999999"), 2, "999.99"],
    [parseEther("1000"), 0, "1,000"],
    [parseEther("1234567.5"), 1, "1,234,567.5"],
    [parseEther("1234567.5") - 1n, 2, "1,234,567.49"],
  ] as const) {
    it(`${amount} wei with ${decimals} digits is ${text}`, () => {
      expect(formatTokens(amount, decimals)).to.equal(text);
    });
  }
});
