import { expect } from "chai";

import { countingText } from "../../../lib/rebase/listeners";

describe("A counting epoch as text", () => {
  for (const [key, text] of [
    [5n, "epoch 5"],
    [2n ** 32n - 1n, "epoch 4294967295"],
    [(1n << 32n) | 5n, "epoch 5 of generation 1"],
  ] as const) {
    it(`${key}: ${text}`, () => {
      expect(countingText(key)).to.equal(text);
    });
  }
});
