import type { Provider, TransactionReceipt } from "ethers";

import { retrying } from "./retry";

class MissingReceiptError extends Error {
  override readonly name = "MissingReceiptError";
}

/**
 * The receipt of a transaction that is known to be mined.
 * @throws when the endpoint does not have it: it lags, keeps no old ones, or the chain took it back.
 */
export function minedReceipt(
  network: string,
  provider: Provider,
  hash: string,
): Promise<TransactionReceipt> {
  return retrying(
    async () => {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt) return receipt;
      throw new MissingReceiptError(
        `${network} logged transaction ${hash}, and its endpoint has no receipt of it: try again, or use an endpoint that keeps old ones.`,
      );
    },
    (error) => error instanceof MissingReceiptError,
  );
}
