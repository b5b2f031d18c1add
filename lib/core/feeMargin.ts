/** Adds what a fee may rise by between the quote and the send, 10 %; what is not needed comes back to the payer. */
export function withFeeMargin(quoted: bigint): bigint {
  return (quoted * 110n) / 100n;
}
