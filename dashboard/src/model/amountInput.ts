/** An amount that somebody typed. */
export type TypedAmount = { readonly amount: bigint } | { readonly mistake: string };

/** Reads token units out of "1,000.5"; no digit is lost, and none beyond the eighteenth is taken. */
export function readAmount(text: string): TypedAmount {
  const plain = text.trim().replaceAll(",", "");
  if (plain === "") return { mistake: "Write an amount, for example 12.5." };
  const match = /^(\d+)(?:\.(\d*))?$/.exec(plain);
  if (!match) return { mistake: `"${text}" is no amount: write for example 12.5.` };
  const [, whole = "0", fraction = ""] = match;
  if (fraction.length > 18)
    return { mistake: "A token has 18 decimals: leave the digits behind them away." };
  const amount = BigInt(whole + fraction.padEnd(18, "0"));
  return amount > 0n ? { amount } : { mistake: "The amount has to be above zero." };
}
