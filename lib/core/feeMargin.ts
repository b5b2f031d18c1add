/**
 * Adds what a fee may rise by between the quote and the send: 10 %. It is the most that a payer allows; what is not
 * needed stays with, or comes back to, the payer.
 */
export function withFeeMargin(quoted: bigint): bigint {
  return (quoted * 110n) / 100n;
}
