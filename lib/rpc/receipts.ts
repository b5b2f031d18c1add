import type { Provider, TransactionReceipt, TransactionResponse } from "ethers";

import { CodedError } from "../core/errors";
import { retrying } from "./retry";

class MissingReceiptError extends CodedError {
  override readonly name = "MissingReceiptError";
  readonly code = "ENDPOINT_INCOMPLETE";
}

/**
 * Reads the receipt of a transaction that is known to be mined.
 * @throws when the endpoint does not have it: it lags, keeps no old ones, or the transaction was reorganised.
 */
export function minedReceipt(
  network: string,
  provider: Provider,
  hash: string,
): Promise<TransactionReceipt> {
  return known(network, hash, "receipt of it", () => provider.getTransactionReceipt(hash));
}

/**
 * Reads a transaction that is known to be mined.
 * @throws like {@link minedReceipt}.
 */
export function minedTransaction(
  network: string,
  provider: Provider,
  hash: string,
): Promise<TransactionResponse> {
  return known(network, hash, "such transaction", () => provider.getTransaction(hash));
}

function known<T>(
  network: string,
  hash: string,
  what: string,
  ask: () => Promise<T | null>,
): Promise<T> {
  return retrying(
    async () => {
      const answer = await ask();
      if (answer !== null) return answer;
      throw new MissingReceiptError(
        `${network} logged transaction ${hash}, and its endpoint has no ${what}: try again, or use an endpoint that keeps old ones.`,
      );
    },
    (error) => error instanceof MissingReceiptError,
  );
}
