import { expect } from "chai";

import { finalityText, isSafe } from "../../../lib/core/finality";

describe("The finality that a message of CCIP 2.0 asks for", () => {
  for (const [finality, text] of [
    ["0x00000000", "full finality"],
    ["0x00000001", "1 block"],
    ["0x00000020", "32 blocks"],
    // `FinalityCodec.WAIT_FOR_SAFE_FLAG`, the bit above the depth.
    ["0x00010000", "the safe block"],
  ] as const) {
    it(`of ${finality} is ${text}`, () => {
      expect(finalityText(finality)).to.equal(text);
      expect(isSafe(finality)).to.equal(text === "the safe block");
    });
  }
});
