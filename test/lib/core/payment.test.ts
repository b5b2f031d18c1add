import { expect } from "chai";
import { id } from "ethers";

import { explain } from "../../../lib/diagnostics/sendFailures";
import { formatFee } from "../../../lib/core/payment";

describe("What a fee is told in", () => {
  for (const [network, symbol] of [
    ["ethereum", "ETH"],
    ["avalanche-fuji", "AVAX"],
    ["polygon", "POL"],
    ["bnb-chain", "BNB"],
    ["local-home", "ETH"],
  ] as const) {
    it(`is ${symbol} or LINK on ${network} (D7)`, () => {
      expect(formatFee(1_500_000_000_000_001n, "native", network)).to.equal(`0.001501 ${symbol}`);
      expect(formatFee(2n * 10n ** 18n, "link", network)).to.equal("2 LINK");
    });

    it(`is ${symbol} when CCIP on ${network} refused it as too low (D7)`, () => {
      const facts = {
        mesh: { name: "any", live: true, symbol: "RUSD" },
        chain: network,
        from: "0x0000000000000000000000000000000000000001",
        call: { contract: "router", function: "ccipSend" },
        value: 10n ** 15n,
        at: 0n,
      };
      const { why } = explain(facts, id("InsufficientFeeTokenAmount()").slice(0, 10));
      expect(why).to.include(`The fee that was paid (0.001 ${symbol}) is below what CCIP asks`);
    });
  }
});
