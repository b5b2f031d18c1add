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

/**
 * Finds the least gas limit with which a call goes through, by halves.
 * @param call the call, with a gas limit; with more gas than it needs it goes through too.
 */
export async function leastGasOf(call: (gasLimit: bigint) => Promise<unknown>): Promise<bigint> {
  let [tooLittle, enough] = [21_000n, 1_000_000n];
  await call(enough);
  while (enough - tooLittle > 1n) {
    const middle = (tooLittle + enough) / 2n;
    const goesThrough = await call(middle).then(
      () => true,
      () => false,
    );
    if (goesThrough) enough = middle;
    else tooLittle = middle;
  }
  return enough;
}
