import { describe, expect, it } from "vitest";

import { parseAmount } from "core/input/decimal";
import { typed } from "core/input/error";
import { readChange } from "../src/model/change";
import { mistakeInForm } from "../src/model/form";

const PERCENT = 10n ** 25n;
const UNCHANGED = 100n * PERCENT;
const BOUNDS = { minGrowthFactor: 90n * PERCENT, maxGrowthFactor: 110n * PERCENT };

describe("A percentage in a form", () => {
  it.each([
    ["1%", PERCENT],
    ["1 %", PERCENT],
    ["+1.5", (PERCENT * 3n) / 2n],
    ["−2", -2n * PERCENT],
    [" 5 ", 5n * PERCENT],
  ])("accepts %j", (text, change) =>
    expect(readChange(text, BOUNDS)).toEqual({ factor: UNCHANGED + change, mistake: undefined }),
  );

  it.each([
    ["1,5", "may mean 1.5 or 15"],
    ["-0,5", "may mean -0.5 or -5"],
    ["1e1", "write 10"],
    ["five", "is not a percentage"],
  ])("refuses %j: %s", (text, mistake) => {
    const change = readChange(text, BOUNDS);
    expect(change.factor).toBeUndefined();
    expect(change.mistake).toContain(mistake);
  });

  it("is bounded by what one rebase may change", () => {
    for (const text of ["10", "-10"]) expect(readChange(text, BOUNDS).mistake).toBeUndefined();
    for (const text of ["10.0001", "-10.0001"]) {
      expect(readChange(text, BOUNDS).mistake).toContain("by -10 % to +10 %");
    }
    expect(readChange("11", undefined).mistake).toBeUndefined();
  });

  it.each(["", "-", "1."])("accepts %j, an unfinished input", (text) =>
    expect(readChange(text, BOUNDS)).toEqual({ factor: undefined, mistake: undefined }),
  );
});

describe("An amount in a form", () => {
  const mistakeOf = (text: string) => mistakeInForm(typed(() => parseAmount(text, 18)).mistake);

  it.each(["", "12", "12.", "12.5", "1,", "1,000"])("accepts %j so far", (text) =>
    expect(mistakeOf(text)).toBeUndefined(),
  );

  it.each([
    ["12,5", "may mean 12.5 or 125"],
    ["1.000,50", "may mean 1000.50 or 1.00050"],
    ["1,,0", "may mean 1.0 or 10"],
  ])("refuses %j: it %s", (text, mistake) => expect(mistakeOf(text)).toContain(mistake));
});
