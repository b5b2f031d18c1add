import { describe, expect, it } from "vitest";

import { feeRisen } from "../src/model/fee";

const ETHER = 10n ** 18n;

describe("A fee that is quoted again before payment", () => {
  it.each([
    [10n * ETHER, 10n * ETHER],
    [10n * ETHER, 11n * ETHER],
    [10n * ETHER, 1n],
  ])("was %d and is %d: it is paid", (shown, now) =>
    expect(feeRisen(shown, now, "ETH")).toBeUndefined(),
  );

  it("is not paid after a rise of more than a tenth", () =>
    expect(feeRisen(10n * ETHER, 11n * ETHER + 1n, "ETH")).toBe(
      "The fee is 11.000000000000000001 ETH now, more than a tenth above the 10 ETH that were shown. It was not sent: look at it, and send again.",
    ));

  it("is not paid when it was not shown", () =>
    expect(feeRisen(undefined, ETHER, "LINK")).toBe(
      "The fee is 1 LINK now, which was not shown yet. It was not sent: look at it, and send again.",
    ));
});
