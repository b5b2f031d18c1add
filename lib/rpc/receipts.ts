import type { Provider, TransactionReceipt, TransactionResponse } from "ethers";

import { REQUEST_POLICY } from "../core/endpoint/client";

import { known } from "./retry";

/** Reads the receipt of a transaction that is known to be mined; throws when the endpoint does not have it. */
export function minedReceipt(
  network: string,
  provider: Provider,
  hash: string,
): Promise<TransactionReceipt> {
  const read = () => provider.getTransactionReceipt(hash);
  return known(read, () => missing(network, hash, "receipt of it"), REQUEST_POLICY);
}

/** Reads a transaction that is known to be mined; throws when the endpoint does not have it. */
export function minedTransaction(
  network: string,
  provider: Provider,
  hash: string,
): Promise<TransactionResponse> {
  const read = () => provider.getTransaction(hash);
  return known(read, () => missing(network, hash, "such transaction"), REQUEST_POLICY);
}

function missing(network: string, hash: string, what: string): string {
  return `${network} logged transaction ${hash}, and its endpoint has no ${what}: try again, or use an endpoint that keeps old ones.`;
}
