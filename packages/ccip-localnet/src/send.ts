import { setTimeout as sleep } from "node:timers/promises";

import { isCallException } from "ethers";
import type { Provider, Signer, TransactionReceipt, TransactionRequest } from "ethers";

import { messageOf } from "./errors";
import { providerOf } from "./protocol/chain";
import { describeRevert, revertDataOf } from "./protocol/revert";

/**
 * Gas given to every transaction that is sent here: below the 2^24 that EIP-7825 allows, above what
 * CCIP's largest contract or fullest batch takes. Estimating would cost a round trip each time.
 */
export const TRANSACTION_GAS = 16_000_000n;

/** Maximum fee per gas, wei: the node charges its base fee and the tip. */
const FEES = { type: 2, maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 1_000_000n } as const;

const RECEIPT_TIMEOUT_MS = 30_000;

/** A transaction that was mined and reverted, or that the node refused. */
export class TransactionFailedError extends Error {
  override readonly name = "TransactionFailedError";

  constructor(
    readonly label: string,
    /** Revert data, `0x` when the node returned none. */
    readonly revertData: string,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause;
    const reason =
      revertData === "0x" && cause !== undefined ? messageOf(cause) : describeRevert(revertData);
    super(`${label} failed: ${reason}`, options);
  }
}

/** A transaction and its label in errors. */
export interface LabelledTransaction extends TransactionRequest {
  readonly label: string;
}

/**
 * Sends transactions of one account in order, waiting for none before the next is sent, then waits
 * for all. One that fails does not stop the others.
 * @returns a receipt or the failure, in the order of the transactions.
 */
export async function sendEach(
  signer: Signer,
  transactions: readonly LabelledTransaction[],
): Promise<(TransactionReceipt | TransactionFailedError)[]> {
  if (transactions.length === 0) return [];
  const provider = providerOf(signer);
  let nonce = await signer.getNonce("pending");
  const outcomes: Promise<TransactionReceipt | TransactionFailedError>[] = [];
  for (const { label, ...transaction } of transactions) {
    const request = { gasLimit: TRANSACTION_GAS, ...FEES, ...transaction, nonce };
    try {
      const { hash } = await signer.sendTransaction(request);
      nonce += 1;
      const outcome = outcomeOf(provider, hash, label);
      // A node that ends meanwhile fails it before it is waited for below.
      outcome.catch(() => undefined);
      outcomes.push(outcome);
    } catch (error) {
      // Hardhat mines a reverting transaction and throws; other nodes refuse it. Ask which it was.
      nonce = await signer.getNonce("pending");
      outcomes.push(
        Promise.resolve(new TransactionFailedError(label, revertDataOf(error), { cause: error })),
      );
    }
  }
  return Promise.all(outcomes);
}

/**
 * Like {@link sendEach}, for transactions that all have to succeed.
 * @throws TransactionFailedError the first failure.
 */
export async function sendAll(
  signer: Signer,
  transactions: readonly LabelledTransaction[],
): Promise<TransactionReceipt[]> {
  const outcomes = await sendEach(signer, transactions);
  return outcomes.map((outcome) => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
}

async function outcomeOf(
  provider: Provider,
  hash: string,
  label: string,
): Promise<TransactionReceipt | TransactionFailedError> {
  const receipt = await receiptOf(provider, hash);
  if (receipt.status === 1) return receipt;
  return new TransactionFailedError(label, await replay(provider, receipt));
}

/** Polls for a receipt in short intervals: a local node mines at once, and ethers polls less often. */
async function receiptOf(provider: Provider, hash: string): Promise<TransactionReceipt> {
  const deadline = Date.now() + RECEIPT_TIMEOUT_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt) return receipt;
    if (Date.now() > deadline) {
      throw new Error(
        `Transaction ${hash} was not mined within ${RECEIPT_TIMEOUT_MS / 1000} s: is mining on?`,
      );
    }
    await sleep(pauseMs);
  }
}

/** Returns the revert data of a mined transaction, by replaying it on the state of the block before it. */
async function replay(provider: Provider, receipt: TransactionReceipt): Promise<string> {
  const transaction = await provider.getTransaction(receipt.hash);
  if (!transaction) return "0x";
  try {
    await provider.call({
      from: transaction.from,
      to: transaction.to,
      data: transaction.data,
      value: transaction.value,
      gasLimit: transaction.gasLimit,
      blockTag: receipt.blockNumber - 1,
    });
    return "0x";
  } catch (error) {
    return isCallException(error) ? (error.data ?? "0x") : revertDataOf(error);
  }
}
