/** Bounds of an index, as a receiver keeps them: growth and loss of a step in millionths. */
export interface StepBounds {
  readonly maxGrowth: bigint;
  readonly maxLoss: bigint;
}

const MILLION = 1_000_000n;
const MAX_INDEX = 2n ** 96n - 1n;

/** Returns the lowest and the highest index, in shares per token unit, that are some steps away, as IndexBand does. */
export function bandBounds(
  { maxGrowth, maxLoss }: StepBounds,
  sharesPerToken: bigint,
  steps: number,
): { readonly lowest: bigint; readonly highest: bigint } {
  let [lowest, highest] = [sharesPerToken, sharesPerToken];
  const kept = MILLION - maxLoss;
  for (let step = 0; step < steps; step++) {
    lowest = (lowest * MILLION) / (MILLION + maxGrowth);
    highest = (highest * MILLION + kept - 1n) / kept;
    if (highest > MAX_INDEX) highest = MAX_INDEX;
  }
  return { lowest, highest };
}
