import type { Provider } from "ethers";

/**
 * Nonces that were used within a run: a lagging endpoint would return them again, and a run must not sign two
 * transactions with one nonce.
 */
export class NonceManager {
  private readonly next = new Map<Provider, Map<string, number>>();

  /** Returns the next nonce of an account on a provider's chain: the endpoint's, or a higher one that this run used up. */
  nextOf(provider: Provider, account: string, counted: number): number {
    return Math.max(counted, this.next.get(provider)?.get(account) ?? 0);
  }

  /** Records a nonce as used. */
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
