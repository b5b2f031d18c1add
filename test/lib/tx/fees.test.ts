import { expect } from "chai";

import { leastNamed } from "../../../lib/tx/fees";

const CASES: readonly (readonly [reason: string, wei: bigint])[] = [
  ["transaction underpriced: gas tip cap 1, minimum needed 25000000000", 25_000_000_000n],
  ["tip needed 3000000000, tip permitted 1000000000", 3_000_000_000n],
  ["Transaction gas price is too low. Required: 1.5 gwei", 1_500_000_000n],
  ["transaction underpriced", 0n],
  // The fee of the whole transaction, not of a unit of gas.
  ["insufficient fee; got: 140000000aevmos required: 7000000000aevmos", 0n],
];

describe("The gas price in a node's error", () => {
  for (const [reason, wei] of CASES) {
    it(`is ${wei} wei in "${reason}"`, () => expect(leastNamed(reason, undefined)).to.equal(wei));
  }
});
