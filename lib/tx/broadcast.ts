import { keccak256 } from "ethers";
import type { Provider } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

import { EndpointError, isTransportError, meaningOf } from "../core/endpoint/errors";

import { shortMessage } from "./errors";

/** An endpoint's answer to a signed transaction. */
export type SubmitResult =
  /** It is pending, or mined already. */
  | { readonly kind: "accepted" }
  /** Its nonce is used up by another transaction, mined or waiting with a better fee. */
  | { readonly kind: "nonce conflict" }
  /** Its gas price is too low. */
  | { readonly kind: "underpriced"; readonly reason: string }
  /** The account has too little for value and gas. */
  | { readonly kind: "unfunded"; readonly reason: string }
  | { readonly kind: "rejected"; readonly reason: string; readonly revertData: string };

/**
 * Submits a signed transaction, any number of times: when an answer is lost, it is looked up by its hash.
 * @throws the endpoint's error when the outcome is unknown.
 */
export async function broadcast(provider: Provider, signed: string): Promise<SubmitResult> {
  try {
    await provider.broadcastTransaction(signed);
    return { kind: "accepted" };
  } catch (error) {
    // First: the answer may be lost, or the rejection mean that it is known already.
    if (await isKnown(provider, keccak256(signed))) return { kind: "accepted" };
    if (isTransportError(error)) throw error;
    return resultOf(error);
  }
}

/** Returns whether the endpoint knows a transaction, mined or not. */
export async function isKnown(provider: Provider, hash: string): Promise<boolean> {
  const [transaction, receipt] = await Promise.all([
    provider.getTransaction(hash),
    provider.getTransactionReceipt(hash),
  ]);
  return transaction !== null || receipt !== null;
}

function resultOf(error: unknown): SubmitResult {
  const message = error instanceof Error ? shortMessage(error) : String(error);
  const reason = error instanceof EndpointError ? error.reason : message;
  const meaning = meaningOf(error);
  if (meaning === "alreadyKnown") return { kind: "accepted" };
  if (meaning === "nonceTooLow" || meaning === "replacementUnderpriced") {
    return { kind: "nonce conflict" };
  }
  if (meaning === "priceTooLow") return { kind: "underpriced", reason };
  if (meaning === "insufficientFunds") return { kind: "unfunded", reason };
  return { kind: "rejected", reason, revertData: revertDataOf(error) };
}
