import { exactTokens } from "./amount";
import { parseAmount, within } from "./input/decimal";
import type { AmountOptions } from "./input/decimal";
import type { InputContext } from "./input/error";

/** Decimals of the token on every chain. */
export const TOKEN_DECIMALS = 18;

/** Shares of one wrapped unit, on every chain: `ShareMath.GENESIS_SHARES_PER_TOKEN`. */
export const SHARES_PER_WRAPPED = 10n ** 24n;

/** The most shares that may exist, `ShareMath.MAX_SHARES`. */
export const MAX_SHARES = 2n ** 208n - 1n;

/** The least shares that a token unit is made of, `ShareMath.MIN_SHARES_PER_TOKEN`. */
const MIN_SHARES_PER_TOKEN = 10n ** 18n;

/** The most token units (wei) that can exist at any index. */
const MAX_TOKENS = MAX_SHARES / MIN_SHARES_PER_TOKEN;

/** The most that a bucket of CCIP holds or refills by, token units (wei): a uint128. */
export const MAX_BUCKET = 2n ** 128n - 1n;

/** The largest growth factor that the controller keeps as a bound: a uint96. */
export const MAX_GROWTH_FACTOR = 2n ** 96n - 1n;

/** The smallest factor of a step that a receiver's band allows, in 1e27: its loss is below a million millionths. */
export const MIN_BAND_FACTOR = 10n ** 21n;

/** The largest one: its growth is a uint24 of millionths. */
export const MAX_BAND_FACTOR = 10n ** 27n + (2n ** 24n - 1n) * 10n ** 21n;

/** The longest span of time that the contracts keep, seconds: a uint32. */
export const MAX_SECONDS = 2n ** 32n - 1n;

const format = (amount: bigint) => `${exactTokens(amount)} tokens`;

/** Reads an amount of tokens, more than nothing and no more than can exist; throws an InputError. */
export function parseTokenAmount(
  text: string,
  context: Pick<AmountOptions, "symbol" | "option"> = {},
): bigint {
  const amount = parseAmount(text, TOKEN_DECIMALS, { positive: true, ...context });
  return within(amount, text, { most: MAX_TOKENS, format, ...context });
}

/** Reads a setting of a bucket, in tokens; throws an InputError naming the most. */
export function parseBucketAmount(text: string, context: InputContext = {}): bigint {
  const amount = parseAmount(text, TOKEN_DECIMALS, context);
  return within(amount, text, { most: MAX_BUCKET, format, ...context });
}
