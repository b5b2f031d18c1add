import { expect } from "chai";
import { parseUnits } from "ethers";
import { z } from "zod";

import { exactTokens, formatTokens } from "../../../lib/core/amount";
import { formatDuration, parseDuration } from "../../../lib/core/duration";
import { parseAddress } from "../../../lib/core/input/address";
import { parseAmount, parseFactor, parsePercent } from "../../../lib/core/input/decimal";
import { InputError, typed } from "../../../lib/core/input/error";
import type { InputMistake } from "../../../lib/core/input/error";
import { mistakesIn, typedText } from "../../../lib/core/input/schema";
import { formatGrowth, growthFactor } from "../../../lib/core/growth";

/** A text, the reason of its refusal, and the end of its error. */
type Refused = readonly [text: string, code: InputMistake, tells: string];

function refuses(read: (text: string) => unknown, rows: readonly Refused[], id: string): void {
  for (const [text, code, tells] of rows) {
    it(`refuses ${JSON.stringify(text)}: ${code} (${id})`, () => {
      const { mistake } = typed(() => read(text));
      expect(mistake).to.be.instanceOf(InputError);
      expect(mistake?.mistake).to.equal(code);
      expect(mistake?.value).to.equal(text);
      expect(mistake?.message).to.equal(`"${text}" ${tells}`);
    });
  }
}

const either = (first: string, second: string) =>
  `may mean ${first} or ${second}: write ${first} or ${second}.`;

describe("A typed amount", () => {
  for (const [text, tokens] of [
    ["12.5", "12.5"],
    ["1,000", "1000"],
    ["1,000.50", "1000.5"],
    ["1,000,000", "1000000"],
    ["1.000", "1"],
    ["0.000000000000000001", "0.000000000000000001"],
    ["007", "7"],
    ["0", "0"],
    ["  12.5\n", "12.5"],
    ["\u00a012.5\u202f", "12.5"],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${tokens}`, () => {
      expect(parseAmount(text, 18)).to.equal(parseUnits(tokens, 18));
    });
  }

  const instead = (reading: string) => `is not written as an amount is here: write ${reading}.`;
  const none = "is not an amount: write for example 12.5.";
  refuses(
    (text) => parseAmount(text, 18),
    [
      ["12,5", "ambiguous", either("12.5", "125")],
      ["1,5", "ambiguous", either("1.5", "15")],
      ["0,5", "ambiguous", either("0.5", "5")],
      ["0,500", "ambiguous", either("0.500", "500")],
      ["1,00", "ambiguous", either("1.00", "100")],
      ["1,0000", "ambiguous", either("1.0000", "10000")],
      ["01,000", "ambiguous", either("1.000", "1000")],
      ["1.000,50", "ambiguous", either("1000.50", "1.00050")],
      ["1.000.000", "ambiguous", either("1000.000", "1000000")],
      ["12,345,67", "ambiguous", either("12345.67", "1234567")],
      ["1,,0", "ambiguous", either("1.0", "10")],
      ["1 000,5", "ambiguous", either("1000.5", "10005")],
      ["1e18", "ambiguous", either("1", "1000000000000000000")],
      ["1.5E3", "ambiguous", either("0.0000000000000015", "1500")],
      ["1e-3", "malformed", none],
      ["1e99", "malformed", none],
      ["1 000", "malformed", instead("1000")],
      ["1\u00a0000", "malformed", instead("1000")],
      ["1\u202f000", "malformed", instead("1000")],
      ["1'000", "malformed", instead("1000")],
      ["1_000", "malformed", instead("1000")],
      ["１２", "malformed", instead("12")],
      ["٣", "malformed", none],
      ["1\u200b2", "malformed", "has an invisible character in it (U+200B): type it by hand."],
      ["\u200e12", "malformed", "has an invisible character in it (U+200E): type it by hand."],
      ["+5", "sign", "has a sign, and an amount has none: write 5."],
      ["-5", "sign", "has a sign, and an amount has none: write 5."],
      ["−5", "sign", "has a sign, and an amount has none: write 5."],
      [".5", "malformed", "has no digit before its dot: write 0.5."],
      ["5.", "unfinished", "ends with its separator: write 5, or the digits behind it."],
      ["5,", "unfinished", "ends with its separator: write 5, or the digits behind it."],
      ["0x10", "malformed", "is hexadecimal: write an amount in decimal digits, for example 12.5."],
      [
        "1.1234567890123456789",
        "decimals",
        "has 19 decimals, and an amount has at most 18: leave the digits behind them away.",
      ],
      ["", "empty", "is empty: write an amount, for example 12.5."],
      [" ", "empty", "is empty: write an amount, for example 12.5."],
      ["12 RUSD", "malformed", none],
      ["50%", "malformed", none],
      ["1/2", "malformed", none],
      ["NaN", "malformed", none],
      ["Infinity", "malformed", none],
      [".", "malformed", none],
    ],
    "D3",
  );

  it("may be zero except where zero has no effect", () => {
    expect(parseAmount("0.0", 18)).to.equal(0n);
    expect(() => parseAmount("0.0", 18, { positive: true }))
      .to.throw(InputError, '"0.0" is nothing: write more than 0.')
      .with.property("mistake", "zero");
  });

  it("names the option, the token and its decimals", () => {
    expect(() => parseAmount("0.1234567", 6, { symbol: "USDC", option: "--amount" })).to.throw(
      '--amount "0.1234567" has 7 decimals, and an amount of USDC has at most 6',
    );
  });

  it("accepts every amount that is displayed", () => {
    for (const amount of [1n, 10n ** 18n, 1_234_567n * 10n ** 16n, 2n ** 256n - 1n]) {
      expect(parseAmount(exactTokens(amount), 18)).to.equal(amount);
      expect(parseAmount(formatTokens(amount, 18), 18)).to.equal(amount);
    }
  });

  it("never repeats a possible private key, and truncates very long input", () => {
    const key = `0x${"a1".repeat(32)}`;
    for (const read of [parseAddress, (text: string) => parseAmount(text, 18)]) {
      for (const pasted of [key, ` ${key}\n`]) {
        expect(typed<unknown>(() => read(pasted)).mistake?.message)
          .to.include("64 hexadecimal digits")
          .and.not.include(key);
      }
    }
    const endless = "x".repeat(100_000);
    expect(typed(() => parseAmount(endless, 18)).mistake?.message).to.have.length.below(250);
  });
});

describe("A typed percentage", () => {
  const ONE = 10n ** 25n;
  for (const [text, percent] of [
    ["1", ONE],
    ["1%", ONE],
    ["1 %", ONE],
    ["1\u00a0%", ONE],
    [" 1 % ", ONE],
    ["+1.5", (ONE * 3n) / 2n],
    ["-2", -2n * ONE],
    ["−2 %", -2n * ONE],
    ["0.0000000000000000000000001", 1n],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${percent} of 1e27`, () => {
      expect(parsePercent(text)).to.equal(percent);
    });
  }

  const none = "is not a percentage: write for example 1.5 or -2.";
  refuses(
    parsePercent,
    [
      ["1,5", "ambiguous", either("1.5", "15")],
      ["1,5 %", "ambiguous", either("1.5", "15")],
      ["-1,5", "ambiguous", either("-1.5", "-15")],
      ["−0,5", "ambiguous", either("-0.5", "-5")],
      // A change by a thousand per cent is rarer than a comma for a dot.
      ["1,000", "ambiguous", either("1.000", "1000")],
      ["1e3", "malformed", "is not written as a percentage is here: write 1000."],
      ["- 2", "malformed", "is not written as a percentage is here: write -2."],
      ["-.5", "malformed", "has no digit before its dot: write -0.5."],
      ["1.", "unfinished", "ends with its separator: write 1, or the digits behind it."],
      ["-", "unfinished", "has no digit yet: write for example 1.5 or -2."],
      ["--2", "malformed", none],
      ["1%%", "malformed", none],
      ["% 1", "malformed", none],
      ["1‰", "malformed", none],
      ["five", "malformed", none],
    ],
    "D4",
  );

  it("accepts every change that is displayed", () => {
    for (const percent of ["0", "5", "-2.5", "0.0000000000000000000000001"]) {
      expect(growthFactor(formatGrowth(growthFactor(percent)))).to.equal(growthFactor(percent));
    }
  });
});

describe("A typed growth factor", () => {
  it("is a plain decimal number", () => {
    expect(parseFactor("1.015")).to.equal(1_015n * 10n ** 24n);
  });

  refuses(
    parseFactor,
    [
      ["1,015", "ambiguous", either("1.015", "1015")],
      ["-1", "sign", "has a sign, and a factor has none: write 1."],
      ["1.5%", "malformed", "is not a factor: write for example 1.015 for +1.5 %."],
    ],
    "D4",
  );
});

describe("A typed address", () => {
  const ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
  for (const [what, text] of [
    ["with its checksum", ADDRESS],
    ["in small letters", ADDRESS.toLowerCase()],
    ["in capitals", `0x${ADDRESS.slice(2).toUpperCase()}`],
    ["with blanks around it", `\u00a0${ADDRESS}\n`],
  ] as const) {
    it(`is accepted ${what}`, () => {
      expect(parseAddress(text)).to.equal(ADDRESS);
    });
  }

  const form = "is not an address: write 0x and 40 hexadecimal digits, without blanks.";
  const wrong = `${ADDRESS.slice(0, -2)}c8`;
  refuses(
    parseAddress,
    [
      [
        wrong,
        "checksum",
        "has capitals that are not its checksum, so a digit may be wrong: copy it again from its source.",
      ],
      [
        "XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS",
        "icap",
        "is an ICAP account number: write the address, 0x and 40 hexadecimal digits.",
      ],
      ["vitalik.eth", "name", "is a name, and names are not resolved: give the address."],
      ["pay.alice.base.eth", "name", "is a name, and names are not resolved: give the address."],
      [ADDRESS.slice(2), "malformed", `lacks the 0x in front: write ${ADDRESS}.`],
      [`0X${ADDRESS.slice(2)}`, "malformed", `lacks the 0x in front: write ${ADDRESS}.`],
      [
        `base:${ADDRESS}`,
        "malformed",
        `names a chain in front of the address: write ${ADDRESS} if it is meant on the chain in question.`,
      ],
      [
        "0x12",
        "malformed",
        "has 2 digits behind 0x, and an address has 40: copy it again from its source.",
      ],
      [
        `${ADDRESS}0`,
        "malformed",
        "has 41 digits behind 0x, and an address has 40: copy it again from its source.",
      ],
      [`${ADDRESS.slice(0, 6)} ${ADDRESS.slice(6)}`, "malformed", form],
      ...[`\u200b${ADDRESS}`, `0x\u200b${ADDRESS.slice(2)}`].map(
        (text) =>
          [
            text,
            "malformed",
            "has an invisible character in it (U+200B): type it by hand.",
          ] as const,
      ),
      [
        ADDRESS.replace("0x7", "0xO"),
        "malformed",
        'has a character in it that is not a hexadecimal digit, "O" (U+004F): copy it again from its source.',
      ],
      [
        ADDRESS.replace("C5", "\u04215"),
        "malformed",
        'has a character in it that is not a hexadecimal digit, "\u0421" (U+0421): copy it again from its source.',
      ],
      ...[
        `ethereum:${ADDRESS}@1`,
        `https://etherscan.io/address/${ADDRESS}#code`,
        `<${ADDRESS}>`,
        `${ADDRESS} (Alice)`,
      ].map(
        (text) =>
          [
            text,
            "malformed",
            `has more around the address: write ${ADDRESS} if that is meant.`,
          ] as const,
      ),
      [`${ADDRESS},0x${"11".repeat(20)}`, "malformed", form],
      ["alice", "malformed", form],
      ["", "empty", "is empty: write an address, 0x and 40 hexadecimal digits."],
    ],
    "D10",
  );

  it("may be the zero address only where that is allowed", () => {
    const zero = `0x${"0".repeat(40)}`;
    expect(() => parseAddress(zero, { option: "--to" })).to.throw(
      InputError,
      `--to "${zero}" is the zero address, which no account has: write another one.`,
    );
    expect(parseAddress(zero, { allowZero: true })).to.equal(zero);
  });
});

describe("A typed duration", () => {
  for (const [text, seconds] of [
    ["40s", 40n],
    ["90m", 5_400n],
    ["90 min", 5_400n],
    ["1h", 3_600n],
    ["1h30m", 5_400n],
    ["1h 30m", 5_400n],
    ["2d", 172_800n],
    ["0s", 0n],
    [" 1d ", 86_400n],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${seconds} s`, () => {
      expect(parseDuration(text)).to.equal(seconds);
    });
  }

  const none =
    "is not a span of time: write whole numbers of d, h, m and s, for example 90m, 1h30m or 2d.";
  refuses(
    parseDuration,
    [
      ["90", "ambiguous", either("90s", "90m")],
      ["1:30", "ambiguous", either("1h30m", "1m30s")],
      ["1.5h", "malformed", none],
      ["1,5h", "malformed", none],
      ["30m1h", "malformed", none],
      ["1h1h", "malformed", none],
      ["1h30", "malformed", none],
      ["1M", "malformed", none],
      ["1w", "malformed", none],
      ["1mo", "malformed", none],
      ["-5m", "malformed", none],
      ["1e3s", "malformed", none],
      ["daily", "malformed", none],
      ["d", "malformed", none],
    ],
    "D4",
  );

  it("is in seconds without a unit where the option allows that", () => {
    expect(parseDuration("3600", { plainSeconds: true })).to.equal(3_600n);
    expect(parseDuration("1h", { plainSeconds: true })).to.equal(3_600n);
  });

  it("accepts every duration that is displayed", () => {
    for (const seconds of [0n, 59n, 60n, 1_025n, 273_600n]) {
      expect(parseDuration(formatDuration(seconds))).to.equal(seconds);
    }
  });
});

describe("A text in an edited file", () => {
  it("is not repeated when it may be a private key", () => {
    const key = `0x${"ab".repeat(32)}`;
    const schema = z.object({ admin: typedText((text) => parseAddress(text), "an address") });
    const { error } = schema.safeParse({ admin: key });
    if (!error) throw new Error("A key was taken for an address.");
    const told = mistakesIn(error, { admin: key }, "mesh").join();
    expect(told).to.include("64 hexadecimal digits, not repeated").and.not.include("abab");
  });
});
