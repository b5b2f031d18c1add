import { typed } from "core/input/error";
import { formatGrowth, growthFactor } from "core/growth";

import { mistakeInForm } from "./form";

/**
 * Reads a change in percent that somebody types.
 * @returns no factor where it is none, and a mistake beside it where it is out of bounds.
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
