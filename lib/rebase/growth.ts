import { formatUnits, parseUnits } from "ethers";

/** The controller's factor that leaves balances as they are. */
export const UNCHANGED = 10n ** 27n;

/**
 * The controller's factor for a change in percent.
 * @param percent a decimal: "5" for +5 %, "-2" for -2 %.
 */
export function growthFactor(percent: string): bigint {
  if (!/^-?\d+(\.\d{1,25})?$/.test(percent)) {
    throw new RangeError(
      `"${percent}" is not a change in percent: write for example "5" or "-2.5".`,
    );
  }
  return UNCHANGED + parseUnits(percent, 25);
}

/**
 * A factor as people write it, "1.015", in the controller's unit.
 * @throws when it is none.
 */
export function parseFactor(factor: string): bigint {
  if (!/^\d+(\.\d{1,27})?$/.test(factor)) {
    throw new RangeError(`"${factor}" is no factor: write for example "1.015" for +1.5 %.`);
  }
  return parseUnits(factor, 27);
}

/** A factor as a change in percent, signed: "+5 %". */
export function formatGrowth(factor: bigint): string {
  const percent = formatUnits(factor - UNCHANGED, 25).replace(/\.0$/, "");
  return `${factor < UNCHANGED ? "" : "+"}${percent} %`;
}

/** The index after a rebase, `ceil(sharesPerToken * 1e27 / factor)`, as RebaseController computes it. */
export function sharesPerTokenAfter(sharesPerToken: bigint, factor: bigint): bigint {
  return (sharesPerToken * UNCHANGED + factor - 1n) / factor;
}
