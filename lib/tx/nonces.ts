import type { Provider } from "ethers";

/**
 * The nonces that were used up within a run. An endpoint that lags behind would give them out again;
 * a run remembers them, so that it never signs two transactions with one nonce.
 */
export class NonceManager {
  private readonly next = new Map<Provider, Map<string, number>>();

  /** The next nonce of an account on a provider's chain, given what an endpoint counts. */
  nextOf(provider: Provider, account: string, counted: number): number {
    return Math.max(counted, this.next.get(provider)?.get(account) ?? 0);
  }

  /** Notes that a nonce is used up. */
  use(provider: Provider, account: string, nonce: number): void {
    const known = this.next.get(provider) ?? new Map<string, number>();
    this.next.set(provider, known.set(account, this.nextOf(provider, account, nonce + 1)));
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
