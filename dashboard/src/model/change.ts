import { typed } from "core/input/error";
import { UNCHANGED, formatGrowth, growthFactor } from "core/growth";

import { mistakeInForm } from "./form";

/** Warns that a change of zero is a rebase nevertheless; undefined for any other. */
export function noChange(factor: bigint | undefined): string | undefined {
  return factor === UNCHANGED
    ? "A change of 0 % leaves every balance as it is: it only makes a new epoch, which has to be broadcast."
    : undefined;
}

/**
 * Parses a change in percent while it is typed.
 * @returns no factor for invalid input, and a factor with a mistake for one that is out of bounds.
 */
export function readChange(
  text: string,
  bounds: { readonly minGrowthFactor: bigint; readonly maxGrowthFactor: bigint } | undefined,
): { readonly factor: bigint | undefined; readonly mistake: string | undefined } {
  const { value: factor, mistake } = typed(() => growthFactor(text));
  if (factor === undefined || !bounds) return { factor, mistake: mistakeInForm(mistake) };
  const isOutside = factor < bounds.minGrowthFactor || factor > bounds.maxGrowthFactor;
  return {
    factor,
    mistake: isOutside
      ? `One rebase may change balances by ${formatGrowth(bounds.minGrowthFactor)} to ${formatGrowth(bounds.maxGrowthFactor)}: choose a change between them.`
      : undefined,
  };
}
