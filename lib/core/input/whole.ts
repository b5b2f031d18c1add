import { within } from "./bounds";
import { InputError } from "./error";
import type { InputContext } from "./error";

/** Bounds of a whole number, both included. */
export interface WholeOptions extends InputContext {
  readonly least?: bigint;
  readonly most?: bigint;
  /** Unit behind a bound in the error: "gas". */
  readonly unit?: string;
}

/** No option takes more digits: it keeps a Number that is made of the result exact. */
const MOST = 2n ** 53n - 1n;

/**
 * Reads a whole number: 20, never 2.5, 1e3 or -1.
 * @throws InputError naming the text, and what to write.
 */
export function parseWhole(
  text: string,
  { least = 0n, most = MOST, unit, option }: WholeOptions = {},
): bigint {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) {
    const reason = "is not a whole number: write digits only, for example";
    throw new InputError(
      "INVALID_AMOUNT",
      "malformed",
      text,
      `${reason} ${least > 1n ? least : 1n}.`,
      option,
    );
  }
  const format = (bound: bigint) => (unit === undefined ? String(bound) : `${bound} ${unit}`);
  return within(BigInt(digits), text, { least, most, format, option });
}
