import { formatUnits, parseUnits } from "ethers";

import { invisibleIn, refusalOf } from "./error";
import type { InputContext, InputMistake } from "./error";

/** A kind of decimal number. */
interface Kind {
  /** Its name, for the error. */
  readonly noun: string;
  /** An example, for the error. */
  readonly example: string;
  /** Most digits behind the dot. */
  readonly decimals: number;
  /** True for an amount: thousands may be set apart by commas, 1,000, and 1e18 may be meant in the smallest unit. */
  readonly isAmount?: true;
  /** True if it may have a sign, and `%` may follow. */
  readonly isChange?: true;
}

const PERCENTAGE: Kind = {
  noun: "a percentage",
  example: "1.5 or -2",
  decimals: 25,
  isChange: true,
};
const FACTOR: Kind = { noun: "a factor", example: "1.015 for +1.5 %", decimals: 27 };

const PLAIN = /^\d+(\.\d+)?$/;
const GROUPED = /^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/;
const SEPARATED = /^[\d.,'’_\s]+$/;
const EXPONENT = /^(\d+)(?:\.(\d+))?e\+?(\d{1,2})$/i;

/** No token has more units: a longer row of zeros would only hide what is wrong. */
const LARGEST_POWER = 36;

/** No option takes a larger whole number: it keeps a Number that is made of the result exact. */
const LARGEST_WHOLE = 2n ** 53n - 1n;

/** Options of {@link parseAmount}. */
export interface AmountOptions extends InputContext {
  /** Symbol of the token, for the error. */
  readonly symbol?: string;
  /** True if zero is refused. */
  readonly positive?: boolean;
}

/** Bounds of a number, both included. */
export interface Bounds extends InputContext {
  readonly least?: bigint;
  readonly most: bigint;
  /** Formats a bound as it would be typed, with its unit. */
  readonly format: (bound: bigint) => string;
}

/** Reads an amount, `12.5` or `1,000.50`, as units of its smallest part; throws an InputError with what it may mean. */
export function parseAmount(
  text: string,
  decimals: number,
  { symbol, positive = false, ...context }: AmountOptions = {},
): bigint {
  const noun = symbol === undefined ? "an amount" : `an amount of ${symbol}`;
  const kind: Kind = { noun, example: "12.5", decimals, isAmount: true };
  const amount = parseDecimal(text, kind, context);
  if (!positive || amount > 0n) return amount;
  throw refusalOf("INVALID_AMOUNT", text, context)("zero", "is nothing: write more than 0.");
}

/** Reads a change in percent, `1.5`, `-2` or `+0.5 %`, as parts of 1e27: 1 % is 1e25; throws an InputError. */
export function parsePercent(text: string, context: InputContext = {}): bigint {
  return parseDecimal(text, PERCENTAGE, context);
}

/** Reads a growth factor, `1.015` for +1.5 %, as parts of 1e27; throws an InputError. */
export function parseFactor(text: string, context: InputContext = {}): bigint {
  return parseDecimal(text, FACTOR, context);
}

/** Reads a whole number, 20 and never 2.5, 1e3 or -1; throws an InputError, in which `unit` stands behind a bound. */
export function parseWhole(
  text: string,
  {
    least = 0n,
    most = LARGEST_WHOLE,
    unit,
    ...context
  }: Partial<Pick<Bounds, "least" | "most">> & InputContext & { readonly unit?: string } = {},
): bigint {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) {
    const reason = `is not a whole number: write digits only, for example ${least > 1n ? least : 1n}.`;
    throw refusalOf("INVALID_AMOUNT", text, context)("malformed", reason);
  }
  const format = (bound: bigint) => (unit === undefined ? String(bound) : `${bound} ${unit}`);
  return within(BigInt(digits), text, { least, most, format, ...context });
}

/** Returns a number that was read from a text, if it lies within its bounds; throws an InputError naming the bound. */
export function within(value: bigint, text: string, bounds: Bounds): bigint {
  const { least, most, format } = bounds;
  const refuse = refusalOf("INVALID_AMOUNT", text, bounds);
  if (value > most) throw refuse("bounds", `is too much: write at most ${format(most)}.`);
  if (least !== undefined && value < least) {
    throw refuse("bounds", `is too little: write at least ${format(least)}.`);
  }
  return value;
}

function parseDecimal(text: string, kind: Kind, context: InputContext): bigint {
  const { noun, example, decimals, isAmount, isChange } = kind;
  const number = isChange ? text.trim().replace(/\s*%$/, "") : text.trim();
  const [, sign = "", digits = ""] = /^([+\-−]?)(.*)$/su.exec(number) ?? [];
  const isNegative = sign !== "" && sign !== "+";
  const refuse = refusalOf("INVALID_AMOUNT", text, context);
  if (!PLAIN.test(digits) && !(isAmount && GROUPED.test(digits))) {
    if (text.trim() === "") {
      throw refuse("empty", `is empty: write ${noun}, for example ${example}.`);
    }
    const [mistake, reason] = mistakeIn(digits, isNegative ? "-" : "", kind);
    throw refuse(mistake, reason);
  }
  const plain = digits.replaceAll(",", "");
  if (sign !== "" && !isChange) {
    throw refuse("sign", `has a sign, and ${noun} has none: write ${plain}.`);
  }
  const { length } = plain.split(".")[1] ?? "";
  if (length > decimals) {
    const most = `${noun} has at most ${decimals}`;
    throw refuse(
      "decimals",
      `has ${length} decimals, and ${most}: leave the digits behind them away.`,
    );
  }
  const value = parseUnits(plain, decimals);
  return isNegative ? -value : value;
}

/** Describes the mistake in digits that are not a number of a kind. */
function mistakeIn(digits: string, sign: string, kind: Kind): [InputMistake, reason: string] {
  const { noun, example } = kind;
  const invisible = invisibleIn(digits);
  if (invisible !== undefined) return ["malformed", invisible];
  if (digits === "") return ["unfinished", `has no digit yet: write for example ${example}.`];
  if (/^\d+[.,]$/.test(digits)) {
    const complete = `${sign}${digits.slice(0, -1)}`;
    return ["unfinished", `ends with its separator: write ${complete}, or the digits behind it.`];
  }
  if (/^\.\d+$/.test(digits)) {
    return ["malformed", `has no digit before its dot: write ${sign}0${digits}.`];
  }
  if (/^0x[0-9a-f]*$/i.test(digits)) {
    const decimal = `write ${noun} in decimal digits, for example ${example}.`;
    return ["malformed", `is hexadecimal: ${decimal}`];
  }
  const [first, second] = readingsOf(digits, kind).map((reading) => `${sign}${reading}`);
  if (first === undefined) return ["malformed", `is not ${noun}: write for example ${example}.`];
  if (second === undefined) {
    return ["malformed", `is not written as ${noun} is here: write ${first}.`];
  }
  return ["ambiguous", `may mean ${first} or ${second}: write ${first} or ${second}.`];
}

/** Lists the numbers that may be meant, in the expected syntax. */
function readingsOf(digits: string, { decimals, isAmount }: Kind): string[] {
  const exponent = EXPONENT.exec(digits);
  if (exponent) {
    const [, whole = "", fraction = "", power = ""] = exponent;
    const zeros = Number(power) - fraction.length;
    if (zeros < 0 || zeros > LARGEST_POWER) return [];
    const value = BigInt(whole + fraction) * 10n ** BigInt(zeros);
    // 1e18 may mean one token, written in its smallest unit.
    const inSmallestParts = formatUnits(value, decimals).replace(/\.0$/, "");
    return isAmount ? [inSmallestParts, value.toString()] : [value.toString()];
  }
  // Digits of another script, and full-width ones.
  const usual = digits.normalize("NFKC");
  if (usual !== digits && PLAIN.test(usual)) return [usual];
  if (!SEPARATED.test(usual) || !/\d/.test(usual)) return [];
  const only = (part: string) => part.replace(/\D/g, "");
  const whole = (part: string) => only(part).replace(/^0+(?=\d)/, "") || "0";
  const readings: string[] = [];
  const mark = Math.max(usual.lastIndexOf(","), usual.lastIndexOf("."));
  const fraction = mark < 0 ? "" : only(usual.slice(mark));
  if (fraction !== "") readings.push(`${whole(usual.slice(0, mark))}.${fraction}`);
  const [before = "", after] = /^[^.]*\.[^.]*,[^.]*$/.test(usual) ? usual.split(".") : [usual];
  readings.push(after === undefined ? whole(before) : `${whole(before)}.${only(after)}`);
  return [...new Set(readings)].filter(
    (reading) => (reading.split(".")[1] ?? "").length <= decimals,
  );
}
