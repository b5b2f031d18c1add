import { describeRevert } from "ccip-localnet/protocol";

import { abi, ccipAbi } from "../core/abis";
import { CodedError } from "../core/errors";
import type { ErrorCode } from "../core/errors";

/** A transaction that was not sent, not mined or reverted. */
export abstract class TransactionError extends CodedError {
  constructor(
    /** Label of the transaction. */
    readonly label: string,
    /** The event and the remedy, without the label. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${label}: ${reason}`, options);
  }
}

/** It would revert, or was mined and reverted. */
export class RevertedError extends TransactionError {
  override readonly name = "RevertedError";
  readonly code = "TRANSACTION_REVERTED";

  constructor(
    label: string,
    /** Revert data, `0x` when the node returned none. */
    readonly revertData: string,
    /** Undefined when the revert was found before sending. */
    readonly hash?: string,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause;
    const reason =
      revertData === "0x" && cause instanceof Error
        ? shortMessage(cause)
        : describeRevert(revertData, [...Object.values(abi), ...Object.values(ccipAbi)]);
    super(label, `${hash ? `${hash} reverted` : "it would revert"}: ${reason}`, options);
  }
}

/** The node refuses it: for the account's balance, or the transaction's fees. */
export class TransactionRejectedError extends TransactionError {
  override readonly name: string = "TransactionRejectedError";
  readonly code: ErrorCode = "TRANSACTION_REJECTED";
}

/** Gas costs more than the mesh file allows: not sent, and worth trying again later. */
export class GasPriceTooHighError extends TransactionRejectedError {
  override readonly name = "GasPriceTooHighError";
  override readonly code = "GAS_PRICE_TOO_HIGH";
}

/** Another transaction took its nonce: the account was used elsewhere, or an earlier run sent it. */
export class NonceConflictError extends TransactionError {
  override readonly name = "NonceConflictError";
  readonly code = "NONCE_CONFLICT";

  constructor(
    label: string,
    readonly account: string,
    readonly nonce: number,
  ) {
    super(
      label,
      `another transaction of ${account} took nonce ${nonce}, so this one was not sent: look at the chain again and repeat what is still missing.`,
    );
  }
}

/** Sent, and not mined in time; it may still be mined. */
export class TransactionTimeoutError extends TransactionError {
  override readonly name = "TransactionTimeoutError";
  readonly code = "TRANSACTION_TIMEOUT";

  constructor(
    label: string,
    /** Every transaction with this nonce that was sent; at most one of them can be mined. */
    readonly hashes: readonly string[],
    readonly nonce: number,
    seconds: number,
  ) {
    super(
      label,
      `${hashes.at(-1)} (nonce ${nonce}) was not mined within ${seconds} s. It may still be: run this again, which waits for it and sends nothing twice.`,
    );
  }
}

/** The endpoint does not answer, so that it is unknown whether it accepted the transaction. */
export class UnknownOutcomeError extends TransactionError {
  override readonly name = "UnknownOutcomeError";
  readonly code = "OUTCOME_UNKNOWN";

  constructor(
    label: string,
    /** Hash of the transaction that may have been accepted; undefined when nothing was submitted. */
    readonly hash: string | undefined,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause;
    const why = cause instanceof Error ? ` (${shortMessage(cause).replace(/[.\s]+$/, "")})` : "";
    super(
      label,
      hash
        ? `the endpoint stopped answering${why}; ${hash} may have been accepted. Run this again: it looks first.`
        : `the endpoint does not answer${why}; it was not sent. Run this again.`,
      options,
    );
  }
}

/** Not sent, because one before it of the same account could not be. */
export class NotSentError extends TransactionError {
  override readonly name = "NotSentError";
  readonly code = "NOT_SENT";

  constructor(label: string, before: TransactionError) {
    super(label, `not sent, because of what was before it: ${before.message}`, { cause: before });
  }
}

/**
 * Returns the error of a transaction that may have been accepted, and its hash; without a hash when another
 * transaction took its nonce, which may have been the same of an earlier run.
 */
export function unclearOutcome(
  error: unknown,
): { readonly cause: TransactionError; readonly hash?: string | undefined } | undefined {
  if (error instanceof NonceConflictError) return { cause: error };
  if (error instanceof TransactionTimeoutError) return { cause: error, hash: error.hashes.at(-1) };
  if (!(error instanceof UnknownOutcomeError) || error.hash === undefined) return undefined;
  return { cause: error, hash: error.hash };
}

/** Returns the message of an error without the request and the url that ethers appends. */
export function shortMessage(error: Error): string {
  const { shortMessage: short } = error as { shortMessage?: unknown };
  return (typeof short === "string" ? short : error.message).replace(/https?:\/\/\S+/g, "<url>");
}
