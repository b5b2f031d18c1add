import { withFeeMargin } from "core/feeMargin";
import { exactly } from "./words";

/**
 * Describes why a fee must be confirmed again: it was not shown before, or has risen; undefined if it is unchanged.
 */
export function feeRisen(
  shown: bigint | undefined,
  now: bigint,
  symbol: string,
): string | undefined {
  if (shown !== undefined && now <= withFeeMargin(shown)) return undefined;
  return `The fee is ${exactly(now, symbol)} now, ${shown === undefined ? "which was not shown yet" : `more than a tenth above the ${exactly(shown, symbol)} that were shown`}. It was not sent: look at it, and send again.`;
}
