import { expect } from "chai";

import { cappedAt, leastNamed, raised } from "../../../lib/tx/fees";
import type { GasFees } from "../../../lib/tx/fees";

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

  it("is not believed above the ceiling, or above 100 gwei where there is none", () => {
    const needed = (wei: bigint) => `transaction underpriced: minimum needed ${wei}`;
    for (const [ceiling, most] of [
      [{ wei: 7n, setting: "" }, 7n],
      [undefined, 100n * 10n ** 9n],
    ] as const) {
      expect(leastNamed(needed(most), ceiling)).to.equal(most);
      expect(leastNamed(needed(most + 1n), ceiling)).to.equal(0n);
    }
  });
});

const dynamic = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): GasFees => ({
  type: 2,
  maxFeePerGas,
  maxPriorityFeePerGas,
});
const plain = (gasPrice: bigint): GasFees => ({ type: 0, gasPrice });

describe("Fees that replace those of a transaction", () => {
  const cases: [what: string, paid: GasFees, now: GasFees, least: bigint, expected: GasFees][] = [
    ["a quarter more", dynamic(100n, 8n), dynamic(50n, 4n), 0n, dynamic(126n, 11n)],
    ["what gas costs by now", dynamic(100n, 8n), dynamic(500n, 40n), 0n, dynamic(500n, 40n)],
    ["the tip that the node names", dynamic(100n, 8n), dynamic(500n, 40n), 60n, dynamic(520n, 60n)],
    ["a quarter more of one price", plain(100n), plain(50n), 0n, plain(126n)],
    ["the price that the node names", plain(100n), plain(50n), 200n, plain(200n)],
  ];
  for (const [what, paid, now, least, expected] of cases) {
    it(`are ${what}`, () => expect(raised(paid, now, least)).to.deep.equal(expected));
  }
});

describe("Fees below a ceiling", () => {
  const ceiling = { wei: 100n, setting: "" };
  const cases: [what: string, fees: GasFees, paid: GasFees | undefined, GasFees | undefined][] = [
    ["are as they were", dynamic(90n, 8n), undefined, dynamic(90n, 8n)],
    ["leave no room to double", dynamic(190n, 10n), undefined, dynamic(100n, 10n)],
    ["are none where gas costs more now", dynamic(190n, 12n), undefined, undefined],
    ["are none where one price is more", plain(101n), undefined, undefined],
    ["replace lower ones", dynamic(190n, 10n), dynamic(80n, 8n), dynamic(100n, 10n)],
    ["replace those with a lower tip", dynamic(190n, 10n), dynamic(100n, 8n), dynamic(100n, 10n)],
    ["do not replace the same", dynamic(190n, 10n), dynamic(100n, 10n), undefined],
    ["do not replace the same price", plain(190n), plain(100n), undefined],
  ];
  for (const [what, fees, paid, expected] of cases) {
    it(`${what}`, () => expect(cappedAt(ceiling, fees, paid)).to.deep.equal(expected));
  }
});
