import { Transaction, isError } from "ethers";
import type { Provider } from "ethers";

import { revertDataOf } from "../ccip/send";
import { isTransportFault, someIn } from "../rpc/faults";
import { retrying } from "../rpc/retry";
import type { Patience } from "../rpc/retry";

import { shortMessage } from "./errors";

/** What an endpoint made of a signed transaction. */
export type Reception =
  /** It is on its way, or mined already. */
  | { readonly kind: "taken" }
  /** Its nonce is used up by another transaction, mined or waiting with a better fee. */
  | { readonly kind: "nonce taken" }
  /** It offers too little for gas. */
  | { readonly kind: "underpriced"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string; readonly revertData: string };

const KNOWN = /already known|already imported|known transaction|already exists in/i;
const NONCE_TOO_LOW = /nonce (is )?too low|nonce has already been used|invalid nonce.*lower/i;
const REPLACEMENT =
  /replacement.*underpriced|replacement fee too low|gas price.*too low to replace/i;
const UNDERPRICED =
  /transaction underpriced|max fee per gas less than|fee cap less than|maxFeePerGas.*too low|below the minimum|less than the block base fee/i;

/**
 * Hands a signed transaction to the network. The same bytes may be handed over any number of times:
 * when an answer is lost, they are looked up by their hash and, if unknown, handed over again.
 * @throws the transport's fault when the endpoint stays silent: then nobody knows.
 */
export async function broadcast(
  provider: Provider,
  signed: string,
  patience?: Patience,
): Promise<Reception> {
  const { hash } = Transaction.from(signed);
  if (!hash) throw new Error("Only a signed transaction can be broadcast.");
  return retrying(
    async () => {
      try {
        await provider.broadcastTransaction(signed);
        return { kind: "taken" };
      } catch (error) {
        // Before anything else: an answer may be lost, or a refusal mean that it is there already.
        if (await isKnown(provider, hash)) return { kind: "taken" };
        if (isTransportFault(error)) throw error;
        return receptionOf(error);
      }
    },
    isTransportFault,
    patience,
  );
}

/** Whether the endpoint knows a transaction, mined or not. */
export async function isKnown(provider: Provider, hash: string): Promise<boolean> {
  const [transaction, receipt] = await Promise.all([
    provider.getTransaction(hash),
    provider.getTransactionReceipt(hash),
  ]);
  return transaction !== null || receipt !== null;
}

function receptionOf(error: unknown): Reception {
  if (says(error, KNOWN)) return { kind: "taken" };
  if (isError(error, "NONCE_EXPIRED") || says(error, NONCE_TOO_LOW)) return { kind: "nonce taken" };
  if (isError(error, "REPLACEMENT_UNDERPRICED") || says(error, REPLACEMENT)) {
    return { kind: "nonce taken" };
  }
  const reason = error instanceof Error ? innermost(error) : String(error);
  if (says(error, UNDERPRICED)) return { kind: "underpriced", reason };
  return { kind: "refused", reason, revertData: revertDataOf(error) };
}

function says(error: unknown, words: RegExp): boolean {
  return someIn(error, ({ message }) => typeof message === "string" && words.test(message));
}

/** The node's own words: ethers wraps what it does not know in "could not coalesce error". */
function innermost(error: Error): string {
  let found = shortMessage(error);
  someIn(error, ({ message }) => {
    if (typeof message === "string") found = message;
    return false;
  });
  return found;
}
