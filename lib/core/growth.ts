import { formatUnits } from "ethers";

import { formatTokens } from "./amount";
import { parsePercent, within } from "./input/decimal";
import type { InputContext } from "./input/error";
import { MAX_GROWTH_FACTOR } from "./units";

/** The controller's factor that leaves balances as they are. */
export const UNCHANGED = 10n ** 27n;

/** Growth index (18 decimals) times shares per token unit, the same at every time: 1e18 * 1e24 at genesis. */
const GENESIS_INDEX = 10n ** 42n;

/** Returns the growth index, the value of one genesis token, 18 decimals, rounded down; 0 while unsynced. */
export function growthIndex(sharesPerToken: bigint): bigint {
  return sharesPerToken === 0n ? 0n : GENESIS_INDEX / sharesPerToken;
}

/** Returns the growth index of a divisor with nine decimals, or "unsynced". */
export function formatGrowthIndex(sharesPerToken: bigint): string {
  return sharesPerToken === 0n ? "unsynced" : formatTokens(growthIndex(sharesPerToken), 9);
}

/** Returns the controller's factor for a change in percent as it is typed, "5", "+5 %" or "-2"; throws an InputError. */
export function growthFactor(percent: string, context?: InputContext): bigint {
  const change = within(parsePercent(percent, context), percent, {
    least: -UNCHANGED,
    most: MAX_GROWTH_FACTOR - UNCHANGED,
    format: (bound) => `${formatUnits(bound, 25)} %`,
    ...context,
  });
  return UNCHANGED + change;
}

/** Formats a growth factor as a signed change in percent: "+5 %". */
export function formatGrowth(factor: bigint): string {
  const percent = formatUnits(factor - UNCHANGED, 25).replace(/\.0$/, "");
  return `${factor < UNCHANGED ? "" : "+"}${percent} %`;
}

/** Returns the shares per token unit after a rebase, `ceil(sharesPerToken * 1e27 / factor)`, as RebaseController computes it. */
export function sharesPerTokenAfter(sharesPerToken: bigint, factor: bigint): bigint {
  return (sharesPerToken * UNCHANGED + factor - 1n) / factor;
}
