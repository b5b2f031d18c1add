import { formatUnits, parseUnits } from "ethers";

import { InputError, invisibleIn } from "./error";
import type { InputContext } from "./error";

/** The syntax of a kind of decimal number. */
interface DecimalRules extends InputContext {
  /** Most digits behind the dot. */
  readonly decimals: number;
  /** True if thousands may be set apart by commas: 1,000. */
  readonly groups: boolean;
  /** True if it may be negative, or positive by a sign. */
  readonly signed: boolean;
  /** True if `%` may follow. */
  readonly percent: boolean;
  /** Its name, for the error: "an amount". */
  readonly noun: string;
  /** An example, for the error. */
  readonly example: string;
}

const PLAIN = /^\d+(\.\d+)?$/;
const GROUPED = /^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/;
const SEPARATED = /^[\d.,'’_\s]+$/;
const EXPONENT = /^(\d+)(?:\.(\d+))?e\+?(\d{1,2})$/i;
/** No token has more units: a longer row of zeros would only hide what is wrong. */
const LARGEST_POWER = 36;

/** Options of {@link parseAmount}. */
export interface AmountOptions extends InputContext {
  /** Symbol of the token, for the error. */
  readonly symbol?: string;
  /** True if zero is refused. */
  readonly positive?: boolean;
}

/**
 * Reads an amount, `12.5` or `1,000.50`, as units of its smallest part.
 * @throws InputError naming the text, what it may mean, and what to write.
 */
export function parseAmount(
  text: string,
  decimals: number,
  { symbol, positive = false, option }: AmountOptions = {},
): bigint {
  const amount = parseDecimal(text, {
    decimals,
    groups: true,
    signed: false,
    percent: false,
    noun: `an amount${symbol === undefined ? "" : ` of ${symbol}`}`,
    example: "12.5",
    option,
  });
  if (positive && amount === 0n) {
    throw new InputError("INVALID_AMOUNT", "zero", text, "is nothing: write more than 0.", option);
  }
  return amount;
}

const PERCENT_DECIMALS = 25;

/**
 * Reads a change in percent, `1.5`, `-2` or `+0.5 %`, as parts of 1e27: 1 % is 1e25.
 * @throws InputError naming the text, what it may mean, and what to write.
 */
export function parsePercent(text: string, context: InputContext = {}): bigint {
  return parseDecimal(text, {
    decimals: PERCENT_DECIMALS,
    groups: false,
    signed: true,
    percent: true,
    noun: "a percentage",
    example: "1.5 or -2",
    ...context,
  });
}

const FACTOR_DECIMALS = 27;

/**
 * Reads a growth factor, `1.015` for +1.5 %, as parts of 1e27.
 * @throws InputError naming the text, what it may mean, and what to write.
 */
export function parseFactor(text: string, context: InputContext = {}): bigint {
  return parseDecimal(text, {
    decimals: FACTOR_DECIMALS,
    groups: false,
    signed: false,
    percent: false,
    noun: "a factor",
    example: "1.015 for +1.5 %",
    ...context,
  });
}

function parseDecimal(text: string, rules: DecimalRules): bigint {
  const trimmed = text.trim();
  const number = rules.percent ? trimmed.replace(/\s*%$/, "") : trimmed;
  const [, sign = "", digits = ""] = /^([+\-−]?)(.*)$/su.exec(number) ?? [];
  const isNegative = sign !== "" && sign !== "+";
  if (!PLAIN.test(digits) && !(rules.groups && GROUPED.test(digits))) {
    throw refusal(text, { ...rules, sign: isNegative ? "-" : "", digits });
  }
  const plain = digits.replaceAll(",", "");
  if (sign !== "" && !rules.signed) {
    throw new InputError(
      "INVALID_AMOUNT",
      "sign",
      text,
      `has a sign, and ${rules.noun} has none: write ${plain}.`,
      rules.option,
    );
  }
  const fraction = plain.split(".")[1] ?? "";
  if (fraction.length > rules.decimals) {
    throw new InputError(
      "INVALID_AMOUNT",
      "decimals",
      text,
      `has ${fraction.length} decimals, and ${rules.noun} has at most ${rules.decimals}: leave the digits behind them away.`,
      rules.option,
    );
  }
  const value = parseUnits(plain, rules.decimals);
  return isNegative ? -value : value;
}

/** Describes the mistake in a text that is not a number in the expected syntax. */
function refusal(
  text: string,
  rules: DecimalRules & { readonly sign: string; readonly digits: string },
): InputError {
  const { noun, example, option, sign, digits } = rules;
  const refuse = (mistake: InputError["mistake"], reason: string) =>
    new InputError("INVALID_AMOUNT", mistake, text, reason, option);
  if (text.trim() === "")
    return refuse("empty", `is empty: write ${noun}, for example ${example}.`);
  const invisible = invisibleIn(digits);
  if (invisible !== undefined) return refuse("malformed", invisible);
  if (digits === "") return refuse("unfinished", `has no digit yet: write for example ${example}.`);
  const [, complete] = /^(\d+)[.,]$/.exec(digits) ?? [];
  if (complete !== undefined) {
    return refuse(
      "unfinished",
      `ends with its separator: write ${sign}${complete}, or the digits behind it.`,
    );
  }
  if (/^\.\d+$/.test(digits)) {
    return refuse("malformed", `has no digit before its dot: write ${sign}0${digits}.`);
  }
  if (/^0x[0-9a-f]*$/i.test(digits)) {
    return refuse(
      "malformed",
      `is hexadecimal: write ${noun} in decimal digits, for example ${example}.`,
    );
  }
  const readings = readingsOf(digits, rules).map((reading) => `${sign}${reading}`);
  const [first, second] = readings;
  if (first !== undefined && second !== undefined) {
    return refuse("ambiguous", `may mean ${first} or ${second}: write ${first} or ${second}.`);
  }
  return refuse(
    "malformed",
    first === undefined
      ? `is not ${noun}: write for example ${example}.`
      : `is not written as ${noun} is here: write ${first}.`,
  );
}

/** Lists the numbers that may be meant, in the expected syntax. */
function readingsOf(
  digits: string,
  { decimals, noun }: Pick<DecimalRules, "decimals" | "noun">,
): string[] {
  const exponent = EXPONENT.exec(digits);
  if (exponent) {
    const [, whole = "", fraction = "", permission = ""] = exponent;
    const zeros = Number(permission) - fraction.length;
    if (zeros < 0 || zeros > LARGEST_POWER) return [];
    const value = BigInt(whole + fraction) * 10n ** BigInt(zeros);
    // 1e18 may mean one token, written in its smallest unit.
    const inSmallestParts = formatUnits(value, decimals).replace(/\.0$/, "");
    return noun.startsWith("an amount") ? [inSmallestParts, value.toString()] : [value.toString()];
  }
  // Digits of another script, and full-width ones.
  const usual = digits.normalize("NFKC");
  if (usual !== digits && PLAIN.test(usual)) return [usual];
  if (!SEPARATED.test(usual) || !/\d/.test(usual)) return [];
  const mark = Math.max(usual.lastIndexOf(","), usual.lastIndexOf("."));
  const only = (part: string) => part.replace(/\D/g, "");
  const whole = (part: string) => only(part).replace(/^0+(?=\d)/, "") || "0";
  const readings = [
    ...(mark < 0 || only(usual.slice(mark)) === ""
      ? []
      : [`${whole(usual.slice(0, mark))}.${only(usual.slice(mark))}`]),
    ...(/^[^.]*\.[^.]*,[^.]*$/.test(usual)
      ? [
          usual
            .split(".")
            .map((part, i) => (i === 0 ? whole(part) : only(part)))
            .join("."),
        ]
      : [whole(usual)]),
  ];
  return [...new Set(readings)].filter(
    (reading) => (reading.split(".")[1] ?? "").length <= decimals,
  );
}
