import type { Provider } from "ethers";

/**
 * The nonces that were used up within a run. An endpoint that lags behind would give them out again;
 * a run remembers them, so that it never signs two transactions with one nonce.
 */
export class NonceManager {
  private readonly next = new Map<string, number>();

  /** The next nonce of an account, given what an endpoint counts. */
  nextOf(chain: string, account: string, counted: number): number {
    return Math.max(counted, this.next.get(`${chain}/${account}`) ?? 0);
  }

  /** Notes that a nonce is used up. */
  use(chain: string, account: string, nonce: number): void {
    const key = `${chain}/${account}`;
    this.next.set(key, Math.max(nonce + 1, this.next.get(key) ?? 0));
  }
}

/** Counts the transactions of an account that are mined, and those that are mined or pending. */
export async function countTransactions(
  provider: Provider,
  account: string,
): Promise<{ mined: number; pending: number }> {
  const [mined, pending] = await Promise.all([
    provider.getTransactionCount(account, "latest"),
    provider.getTransactionCount(account, "pending"),
  ]);
  return { mined, pending };
}
