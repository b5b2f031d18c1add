import { expect } from "chai";
import { ZeroAddress, id } from "ethers";

import { withFeeMargin } from "../../../lib/core/feeMargin";
import { PAYMENTS, formatFee, paymentByName, paymentName } from "../../../lib/core/payment";
import { explainRevert } from "../../../lib/core/reasons/catalogue";
import { decode } from "../../../lib/core/revert/revertChain";

describe("The currency of a fee", () => {
  for (const [network, symbol] of [
    ["ethereum", "ETH"],
    ["avalanche-fuji", "AVAX"],
    ["polygon", "POL"],
    ["bnb-chain", "BNB"],
    ["local-home", "ETH"],
  ] as const) {
    it(`is ${symbol} or LINK on ${network}`, () => {
      expect(formatFee(1_500_000_000_000_001n, "native", network)).to.equal(`0.001501 ${symbol}`);
      expect(formatFee(2n * 10n ** 18n, "link", network)).to.equal("2 LINK");
    });

    it(`is ${symbol} when CCIP on ${network} refused it as too low`, () => {
      const context = {
        mesh: { name: "any", live: true, symbol: "RUSD" },
        direction: "send",
        chain: network,
        peer: "any chain",
        at: 0n,
        transaction: { from: ZeroAddress, value: 10n ** 15n },
      } as const;
      const revert = decode(id("InsufficientFeeTokenAmount()").slice(0, 10));
      const { why } = explainRevert(context, revert);
      expect(why).to.include(`The fee that was paid (0.001 ${symbol}) is below what CCIP asks`);
    });
  }
});

describe("A fee that is quoted before it is paid", () => {
  it("is offered with a tenth more, in case it rises meanwhile", () => {
    expect(withFeeMargin(1_000n)).to.equal(1_100n);
  });
});

describe("A way to pay for a broadcast", () => {
  for (const name of Object.keys(PAYMENTS)) {
    it(`is named ${name} where it is told, as where it is chosen`, () => {
      expect(paymentName(paymentByName(name))).to.equal(name);
    });
  }
});
