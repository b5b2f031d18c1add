/** Adds 10 % to a fee, in wei, for a rise between the quote and the send; the broadcaster refunds the rest. */
export function withFeeMargin(quoted: bigint): bigint {
  return (quoted * 110n) / 100n;
}
