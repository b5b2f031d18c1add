/**
 * Sends with more and more gas until a call goes through.
 * @param send the call, with a gas limit.
 * @returns what the first call that goes through returns.
 */
export async function withLeastGas<T>(send: (gasLimit: bigint) => Promise<T>): Promise<T> {
  for (let gasLimit = 60_000n; gasLimit < 1_000_000n; gasLimit += 1_000n) {
    try {
      return await send(gasLimit);
    } catch {
      // Too little.
    }
  }
  throw new Error("It does not go through with 1,000,000 gas.");
}
