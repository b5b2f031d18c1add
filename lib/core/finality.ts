/** Returns whether a message of CCIP 2.0 waits for the safe block: `WAIT_FOR_SAFE_FLAG`. */
export function isSafe(finality: string): boolean {
  return Number(finality) === 0x10000;
}

/** Returns the finality that a message of CCIP 2.0 asks for, in words. */
export function finalityText(finality: string): string {
  const depth = Number(finality);
  if (depth === 0) return "full finality";
  return isSafe(finality) ? "the safe block" : `${depth} ${depth === 1 ? "block" : "blocks"}`;
}
