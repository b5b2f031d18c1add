import { formatUnits } from "ethers";

/** Formats token units (wei) with separators, "1,050.25", rounded down; "<0.01" for a smaller amount that is not zero. */
export function formatTokens(amount: bigint, decimals = 2): string {
  const [whole = "0", fraction = ""] = formatUnits(amount, 18).split(".");
  const shown = fraction.slice(0, decimals).padEnd(decimals, "0");
  if (amount > 0n && whole === "0" && /^0*$/.test(shown)) {
    return `<${decimals === 0 ? "1" : `0.${"0".repeat(decimals - 1)}1`}`;
  }
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return decimals === 0 ? grouped : `${grouped}.${shown}`;
}

/** Formats token units (wei, 18 decimals) exactly: "1050.25". */
export function exactTokens(amount: bigint): string {
  return formatUnits(amount, 18).replace(/\.0$/, "");
}
