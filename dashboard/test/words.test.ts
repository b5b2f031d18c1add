import { describe, expect, it } from "vitest";

import { exactTokens } from "core/amount";
import { parseAmount } from "core/input/decimal";
import {
  chainLabel,
  count,
  countdown,
  duration,
  exactly,
  growth,
  grouped,
  share,
  silenceText,
  tokens,
} from "../src/model/words";

describe("Words and numbers", () => {
  it.each([
    [0, "0 s"],
    [59.9, "59 s"],
    [180, "3 min"],
    [7_500, "2 h 5 min"],
    [7_200, "2 h"],
    [4 * 86_400, "4 days"],
    [-3, "0 s"],
  ])("show %d seconds as %s", (seconds, words) => expect(duration(seconds)).toBe(words));

  it.each([
    [545, "9:05"],
    [3_600, "1:00:00"],
    [0.2, "0:01"],
    [-1, "0:00"],
  ])("count %d seconds down as %s", (seconds, words) => expect(countdown(seconds)).toBe(words));

  it.each([1n, 10n ** 18n, 123456789012345678901234567890n, 2n ** 256n - 1n])(
    "lose no digit of %d",
    (amount) => {
      const copied = exactTokens(amount);
      const [whole = "0", fraction = ""] = copied.split(".");
      expect(BigInt(whole + fraction.padEnd(18, "0"))).toBe(amount);
      expect(BigInt(grouped(amount).replaceAll(",", ""))).toBe(amount);
      expect(parseAmount(copied, 18)).toBe(amount);
      expect(parseAmount(exactly(amount, "").trim(), 18)).toBe(amount);
    },
  );

  it("truncate displayed values and never round up", () => {
    expect(tokens(1_999_999_999_999_999_999n, "RUSD")).toBe("1.99 RUSD");
    expect(tokens(1n)).toBe("<0.01");
    expect(tokens(-(10n ** 18n))).toBe("-1.00");
  });

  it.each([
    [1_000_500_000_000_000_000_000n, "1,000.5 RUSD"],
    [10n ** 18n, "1 RUSD"],
    [1n, "0.000000000000000001 RUSD"],
    [1_999_999_999_999_999_999n, "1.999999999999999999 RUSD"],
    [0n, "0 RUSD"],
  ])("show %d to the last digit before signing: %s", (amount, shown) =>
    expect(exactly(amount, "RUSD")).toBe(shown),
  );

  it.each([
    [10n ** 24n, 952380952380952380952381n, "+5.00 %"],
    [10n ** 24n, 1020408163265306122448980n, "−2.00 %"],
    [10n ** 24n, 10n ** 24n, "0.00 %"],
    [0n, 0n, "0.00 %"],
  ])("show the growth from index %d to %d as %s", (current, next, words) =>
    expect(growth(current, next)).toBe(words),
  );

  it("show fractions of a whole", () => {
    expect(share(1n, 3n)).toBe("33.3 %");
    expect(share(1n, 100_000n)).toBe("<0.1 %");
    expect(share(0n, 0n)).toBe("0 %");
  });

  it("count nouns", () => {
    expect([count(1n, "epoch"), count(0, "epoch"), count(2, "epoch")]).toEqual([
      "1 epoch",
      "0 epochs",
      "2 epochs",
    ]);
  });

  it.each([
    ["local-home", "Home"],
    ["local-sat12", "Satellite 12"],
    ["op-sepolia", "OP Sepolia"],
    ["ethereum-sepolia", "Ethereum Sepolia"],
  ])("call %s %s", (name, label) => expect(chainLabel(name)).toBe(label));
});

describe("Why a chain is not read", () => {
  const failure = (isLagging?: boolean) => ({ source: "home", since: 1, reason: "any", isLagging });
  it.each([
    ["lagging", [failure(true), failure(true)]],
    ["not answering", [failure(true), failure()]],
    ["not answering", []],
  ])("is %s", (words, failures) => expect(silenceText(failures)).toBe(words));
});
