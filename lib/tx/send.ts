import { setTimeout as sleep } from "node:timers/promises";

import { formatEther, isError, keccak256 } from "ethers";
import type { Provider, Signer, TransactionReceipt, TransactionRequest } from "ethers";
import { providerOf, revertDataOf } from "ccip-localnet/protocol";

import { nativeSymbol } from "../core/chains";
import { EndpointError, isTransportError, meaningOf } from "../core/endpoint/errors";

import { broadcast, isKnown } from "./broadcast";
import type { SubmitResult } from "./broadcast";
import {
  NonceConflictError,
  TransactionTimeoutError,
  NotSentError,
  TransactionRejectedError,
  RevertedError,
  GasPriceTooHighError,
  TransactionError,
  UnknownOutcomeError,
} from "./errors";
import { cappedAt, feesNow, gweiText, leastNamed, priceNow, priceOf, raised } from "./fees";
import type { GasFees, PriceCeiling } from "./fees";
import { NonceManager, countTransactions } from "./nonces";

/** A transaction and its label in messages. */
export interface LabelledTransaction {
  readonly label: string;
  /** Left out to create a contract. */
  readonly to?: string;
  readonly data?: string;
  /** Native value, wei. */
  readonly value?: bigint;
  /** Gas limit; estimated with a margin by default. */
  readonly gasLimit?: bigint;
  /** Gas beside the estimate, for calls without which the transaction succeeds as well; none by default. */
  readonly optionalGas?: bigint;
  /**
   * The only nonce that it may have: that of the block at which the decision to send was made. When the account has
   * sent anything since, the outcome is a {@link NonceConflictError}.
   */
  readonly nonce?: number;
}

/** The outcome of a transaction: mined with success, or an error with the remedy. */
export type SendOutcome =
  | { readonly label: string; readonly receipt: TransactionReceipt; readonly error?: undefined }
  | { readonly label: string; readonly receipt?: undefined; readonly error: TransactionError };

/** Timeouts and intervals of the sender, milliseconds. */
const SEND_TIMES = {
  /** Time after which a transaction that is not mined is replaced with a higher fee. */
  replaceAfter: 60_000,
  /** Time after which waiting for it ends with an error. */
  giveUpAfter: 600_000,
  /** Interval at which an endpoint is asked whether it still knows a transaction. */
  recheckEvery: 3_000,
};

type SendTimes = typeof SEND_TIMES;

/** Options of {@link sendTransactions}. */
export interface SendOptions {
  /** Confirmations to wait for, the transaction's own block included; 1 by default. */
  readonly confirmations?: number;
  /** The most that a unit of gas may cost; no ceiling by default. */
  readonly maxPrice?: PriceCeiling;
  readonly times?: Partial<SendTimes>;
  /** Nonces that were used before; share one manager among all calls of a run. */
  readonly nonces?: NonceManager;
  /** Called with every submitted transaction, a replacement included. */
  onSent?(label: string, hash: string): void;
}

/** Margin above an estimate: CCIP passes 63/64 of its gas on, and refunds hide what is needed. */
const GAS_MARGIN_PERCENT = 130n;
const GAS_MARGIN = 20_000n;

/** The most price raises for an endpoint that refuses a price as too low: three times the price in all. */
const MAX_RAISES = 5;

/** The most gas of a transaction, by EIP-7825. */
const GAS_CAP = 2n ** 24n;

/**
 * Sends transactions of one account on one chain, in order, and waits until they are mined. One that fails does not
 * stop the others, unless it is unknown whether it was accepted. Nothing is sent twice: while the account has other
 * transactions under way, it waits for those, sends nothing, and every outcome is a {@link NonceConflictError}.
 * @param signer connected to the chain.
 * @returns the outcomes, in the order of the transactions.
 */
export async function sendTransactions(
  chain: { readonly name: string },
  signer: Signer,
  transactions: readonly LabelledTransaction[],
  options: SendOptions = {},
): Promise<SendOutcome[]> {
  if (transactions.length === 0) return [];
  const sender = new Sender(chain.name, signer, await signer.getAddress(), options);
  return sender.sendAll(transactions);
}

/** Sends one transaction. @throws TransactionError when it does not succeed. */
export async function sendTransaction(
  chain: { readonly name: string },
  signer: Signer,
  transaction: LabelledTransaction,
  options: SendOptions = {},
): Promise<TransactionReceipt> {
  const [outcome] = await sendTransactions(chain, signer, [transaction], options);
  if (!outcome) throw new Error(`${transaction.label}: no outcome was returned.`);
  if (outcome.error) throw outcome.error;
  return outcome.receipt;
}

/**
 * Waits for the transactions that a killed run has left. Call it before the chain is read, so that what they do is seen.
 * @returns whether there were any.
 * @throws TransactionRejectedError when they are not mined in time.
 */
export async function settle(
  chain: { readonly name: string },
  provider: Provider,
  account: string,
  times: Partial<SendTimes> = {},
): Promise<boolean> {
  const { giveUpAfter } = { ...SEND_TIMES, ...times };
  const startedAt = Date.now();
  for (let waited = false; ; waited = true) {
    const { mined, pending } = await countTransactions(provider, account);
    if (pending <= mined) return waited;
    const elapsed = Date.now() - startedAt;
    if (elapsed > giveUpAfter) {
      throw new TransactionRejectedError(
        `${account} on ${chain.name}`,
        `its transactions with the nonces ${mined} to ${pending - 1} were not mined within ${giveUpAfter / 1_000} s: wait for them, or replace them from a wallet with a higher fee.`,
      );
    }
    await sleep(pauseAfter(elapsed));
  }
}

/** A submitted transaction. */
interface InFlight {
  readonly transaction: LabelledTransaction;
  readonly nonce: number;
  readonly gasLimit: bigint;
  /** Hashes of all transactions submitted with this nonce, oldest first. */
  readonly hashes: string[];
  /** The last one submitted; undefined when the node holds the key and signs: then it cannot be replaced. */
  last?: { readonly signed: string; readonly fees: GasFees };
}

class Sender {
  private readonly provider: Provider;
  private readonly times: SendTimes;
  private readonly nonces: NonceManager;

  constructor(
    private readonly chain: string,
    private readonly signer: Signer,
    private readonly account: string,
    private readonly options: SendOptions,
  ) {
    this.provider = providerOf(signer);
    this.times = { ...SEND_TIMES, ...options.times };
    this.nonces = options.nonces ?? new NonceManager();
  }

  async sendAll(transactions: readonly LabelledTransaction[]): Promise<SendOutcome[]> {
    const { mined, pending } = await countTransactions(this.provider, this.account);
    // Transactions that this run saw mined count, whatever a lagging endpoint says.
    let nonce = this.nonces.nextOf(this.provider, this.account, mined);
    if (pending > nonce) {
      await settle({ name: this.chain }, this.provider, this.account, this.times);
      return transactions.map(({ label }) => ({
        label,
        error: new NonceConflictError(label, this.account, mined),
      }));
    }
    const outcomes: Promise<SendOutcome>[] = [];
    let stopped: TransactionError | undefined;
    try {
      for (const transaction of transactions) {
        const { label } = transaction;
        const submitted = stopped
          ? new NotSentError(label, stopped)
          : await this.submit(transaction, nonce);
        if (submitted instanceof TransactionError) {
          const isUnclear =
            submitted instanceof UnknownOutcomeError || submitted instanceof NonceConflictError;
          if (isUnclear) stopped = submitted;
          outcomes.push(Promise.resolve({ label, error: submitted }));
          continue;
        }
        this.nonces.use(this.provider, this.account, nonce++);
        const outcome = this.outcomeOf(submitted);
        // It is awaited below; Node would report a rejection before that as unhandled.
        outcome.catch(() => undefined);
        outcomes.push(outcome);
      }
    } catch (error) {
      // Submitted transactions are still waited for, so that none is pending when this throws.
      await Promise.allSettled(outcomes);
      throw error;
    }
    return Promise.all(outcomes);
  }

  /** Estimates, prices, signs and submits; returns the reason when nothing may have been submitted. */
  private async submit(
    transaction: LabelledTransaction,
    nonce: number,
  ): Promise<InFlight | TransactionError> {
    const { label, nonce: only = nonce } = transaction;
    const conflict = new NonceConflictError(label, this.account, only);
    if (only !== nonce) return conflict;
    try {
      const gasLimit = transaction.gasLimit ?? (await this.estimate(transaction));
      const inFlight: InFlight = { transaction, nonce, gasLimit, hashes: [] };
      await this.signAndSubmit(inFlight, this.withinCeiling(label, await feesNow(this.provider)));
      return inFlight;
    } catch (error) {
      // It may revert because the transaction that took its nonce has the same effect.
      const mayBeOvertaken = error instanceof RevertedError && transaction.nonce !== undefined;
      if (mayBeOvertaken && (await this.provider.getTransactionCount(this.account)) > nonce) {
        return conflict;
      }
      if (error instanceof TransactionError) return error;
      if (error instanceof EndpointError || isTransportError(error)) {
        return new UnknownOutcomeError(label, undefined, { cause: error });
      }
      throw error;
    }
  }

  private async estimate(transaction: LabelledTransaction): Promise<bigint> {
    const { label, to, data, value, optionalGas = 0n } = transaction;
    try {
      const from = this.account;
      const estimate = await this.provider.estimateGas({ from, to, data, value });
      const generous = (estimate * GAS_MARGIN_PERCENT) / 100n + GAS_MARGIN + optionalGas;
      if (generous <= GAS_CAP) return generous;
      return estimate > GAS_CAP ? estimate : GAS_CAP;
    } catch (error) {
      if (meaningOf(error) === "insufficientFunds") throw await this.unfunded(label, error);
      if (error instanceof EndpointError && !isTransportError(error)) {
        throw new TransactionRejectedError(label, `${this.chain} refuses it: ${error.reason}`, {
          cause: error,
        });
      }
      if (isTransportError(error) || isError(error, "INVALID_ARGUMENT")) throw error;
      throw new RevertedError(label, revertDataOf(error), undefined, { cause: error });
    }
  }

  /**
   * Returns fees cut down to the ceiling.
   * @param paid the fees of the transaction that they replace, which they have to exceed.
   * @throws GasPriceTooHighError when gas costs more than the ceiling.
   */
  private withinCeiling(label: string, fees: GasFees, paid?: GasFees): GasFees {
    const { maxPrice } = this.options;
    const capped = maxPrice ? cappedAt(maxPrice, fees, paid) : fees;
    if (!maxPrice || capped) return capped ?? fees;
    const price = gweiText(paid ? priceOf(fees) : priceNow(fees));
    throw new GasPriceTooHighError(
      label,
      `gas on ${this.chain} costs ${price}, above the ceiling of ${gweiText(maxPrice.wei)}: wait, or raise ${maxPrice.setting}.`,
    );
  }

  /** Signs and submits, with higher fees while the node demands more; records what was submitted. */
  private async signAndSubmit(inFlight: InFlight, first: GasFees): Promise<void> {
    const { transaction, nonce, gasLimit, hashes } = inFlight;
    const { label, to, data, value } = transaction;
    const { chainId } = await this.provider.getNetwork();
    let fees = first;
    for (let raises = 0; ; raises++) {
      const request = { to, data, value, nonce, gasLimit, chainId, ...fees };
      const signed = await this.sign(request);
      if (signed === undefined) {
        inFlight.last = undefined;
        hashes.push(await this.sendByNode(label, request));
        return;
      }
      const hash = keccak256(signed);
      const result = await broadcast(this.provider, signed).catch(
        (error: unknown): SubmitResult => {
          if (!isProviderError(error)) throw error;
          // A replacement that may have been accepted is looked up like the first one.
          if (hashes.length > 0) return { kind: "accepted" };
          throw new UnknownOutcomeError(label, hash, { cause: error });
        },
      );
      switch (result.kind) {
        case "accepted":
          inFlight.last = { signed, fees };
          hashes.push(hash);
          this.options.onSent?.(label, hash);
          return;
        case "nonce conflict":
          throw new NonceConflictError(label, this.account, nonce);
        case "unfunded":
          throw await this.unfunded(label, result.reason);
        case "rejected":
          if (result.revertData !== "0x") throw new RevertedError(label, result.revertData);
          throw new TransactionRejectedError(label, `${this.chain} refuses it: ${result.reason}`);
        case "underpriced":
          if (raises === MAX_RAISES) {
            throw new TransactionRejectedError(
              label,
              `${this.chain} accepts no gas price up to ${gweiText(priceOf(fees))}: ${result.reason}`,
            );
          }
          fees = await this.replacementFees(label, fees, result.reason);
      }
    }
  }

  /** Returns fees that replace a submitted transaction, or that satisfy a node that demanded more. */
  private async replacementFees(label: string, paid: GasFees, reason = ""): Promise<GasFees> {
    const least = leastNamed(reason, this.options.maxPrice);
    return this.withinCeiling(label, raised(paid, await feesNow(this.provider), least), paid);
  }

  /** Returns the signed bytes; undefined when the node holds the key, as for impersonated accounts. */
  private async sign(request: TransactionRequest): Promise<string | undefined> {
    try {
      return await this.signer.signTransaction(request);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return undefined;
    }
  }

  private async sendByNode(label: string, request: TransactionRequest): Promise<string> {
    try {
      const { hash } = await this.signer.sendTransaction(request);
      this.options.onSent?.(label, hash);
      return hash;
    } catch (error) {
      if (isTransportError(error)) throw new UnknownOutcomeError(label, "it", { cause: error });
      throw new RevertedError(label, revertDataOf(error), undefined, { cause: error });
    }
  }

  private async outcomeOf(inFlight: InFlight): Promise<SendOutcome> {
    const { label } = inFlight.transaction;
    try {
      const receipt = await this.receiptOf(inFlight);
      if (receipt.status === 1) return { label, receipt };
      const data = await replay(this.provider, receipt);
      return { label, error: new RevertedError(label, data, receipt.hash) };
    } catch (error) {
      if (error instanceof TransactionError) return { label, error };
      if (!isProviderError(error)) throw error;
      // It was submitted: the error carries its hash, whatever the provider fails with.
      const hash = inFlight.hashes.at(-1);
      return { label, error: new UnknownOutcomeError(label, hash, { cause: error }) };
    }
  }

  /** Waits until one of the transactions with this nonce is mined; submits lost ones again, and replaces slow ones. */
  private async receiptOf(inFlight: InFlight): Promise<TransactionReceipt> {
    const { nonce, hashes } = inFlight;
    const { label } = inFlight.transaction;
    const { replaceAfter, giveUpAfter, recheckEvery } = this.times;
    const startedAt = Date.now();
    let recheckAt = startedAt + recheckEvery;
    let replaceAt = startedAt + replaceAfter;
    let overtaken = 0;
    let transportError: unknown;
    for (;;) {
      try {
        const receipt = await this.confirmed(hashes);
        if (receipt) return receipt;
        transportError = undefined;
        if (Date.now() >= recheckAt) {
          const { mined } = await countTransactions(this.provider, this.account);
          // The nonce counts before the receipt shows on an endpoint that lags: ask a few times.
          if (mined > nonce && ++overtaken > 5 && !(await this.anyKnown(hashes))) {
            throw new NonceConflictError(label, this.account, nonce);
          }
          if (mined <= nonce) await this.submitAgain(inFlight, Date.now() >= replaceAt);
          if (Date.now() >= replaceAt) replaceAt = Date.now() + replaceAfter;
          recheckAt = Date.now() + recheckEvery;
        }
      } catch (error) {
        if (error instanceof TransactionError || !isTransportError(error)) throw error;
        transportError = error;
      }
      const elapsed = Date.now() - startedAt;
      if (elapsed > giveUpAfter) {
        if (transportError) {
          throw new UnknownOutcomeError(label, hashes.at(-1), { cause: transportError });
        }
        throw new TransactionTimeoutError(label, hashes, nonce, giveUpAfter / 1_000);
      }
      await sleep(pauseAfter(elapsed));
    }
  }

  /** Returns the receipt of the mined transaction, once it has enough confirmations. */
  private async confirmed(hashes: readonly string[]): Promise<TransactionReceipt | undefined> {
    const { confirmations = 1 } = this.options;
    for (const hash of hashes) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (!receipt) continue;
      if (confirmations <= 1) return receipt;
      const head = await this.provider.getBlockNumber();
      return head - receipt.blockNumber + 1 >= confirmations ? receipt : undefined;
    }
    return undefined;
  }

  private async anyKnown(hashes: readonly string[]): Promise<boolean> {
    const known = await Promise.all(hashes.map((hash) => isKnown(this.provider, hash)));
    return known.includes(true);
  }

  /** Submits the same bytes again if the network dropped them, or higher fees with the same nonce. */
  private async submitAgain(inFlight: InFlight, replace: boolean): Promise<void> {
    const { last, hashes, transaction } = inFlight;
    if (!last) return;
    if (!replace) {
      if (!(await this.anyKnown(hashes))) await broadcast(this.provider, last.signed);
      return;
    }
    try {
      await this.signAndSubmit(inFlight, await this.replacementFees(transaction.label, last.fees));
    } catch (error) {
      // Mined meanwhile, above the ceiling, or not affordable: the first transaction stays valid.
      if (!(error instanceof TransactionError)) throw error;
    }
  }

  private async unfunded(label: string, cause: unknown): Promise<TransactionRejectedError> {
    const balance = await this.provider.getBalance(this.account);
    return new TransactionRejectedError(
      label,
      `${this.account} has ${formatEther(balance)} ${nativeSymbol(this.chain)} on ${this.chain}, too little for value and gas: fund it.`,
      { cause },
    );
  }
}

/** Returns whether an error comes from the endpoint, or from the library in front of it. */
function isProviderError(error: unknown): boolean {
  return error instanceof EndpointError || (error instanceof Error && "code" in error);
}

/** Returns whether a signer cannot sign bytes, because the node holds its key. */
function isUnsupported(error: unknown): boolean {
  if (isError(error, "UNSUPPORTED_OPERATION")) return true;
  return error instanceof Error && /^Method '.*signTransaction' is not impl/.test(error.message);
}

/** Returns the next polling interval, milliseconds: it grows with the elapsed time, because local nodes mine at once. */
function pauseAfter(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs / 10, 2), 2_000);
}

/** Returns the revert data of a mined transaction, by replaying it on the state of the block before it. */
async function replay(provider: Provider, receipt: TransactionReceipt): Promise<string> {
  try {
    const transaction = await provider.getTransaction(receipt.hash);
    if (!transaction) return "0x";
    const { from, to, data, value, gasLimit } = transaction;
    await provider.call({ from, to, data, value, gasLimit, blockTag: receipt.blockNumber - 1 });
    return "0x";
  } catch (error) {
    return revertDataOf(error);
  }
}
