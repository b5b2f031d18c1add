import { setTimeout as sleep } from "node:timers/promises";

import { formatEther, isCallException, isError, keccak256 } from "ethers";
import type { Provider, Signer, TransactionReceipt } from "ethers";
import { providerOf, revertDataOf } from "ccip-localnet/protocol";

import { nativeSymbol } from "../core/chains";
import { EndpointError, isTransportError, meaningOf } from "../core/endpoint/errors";

import { broadcast, isKnown } from "./broadcast";
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
import { cappedAt, cutTo, feesNow, gweiText, leastNamed, priceNow, priceOf, raised } from "./fees";
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
  /** Estimated with a margin by default. */
  readonly gasLimit?: bigint;
  /**
   * The only nonce it may have. Counted at the block that the decision to send was read at, it makes
   * sure that the account has done nothing since: a {@link NonceConflictError} otherwise.
   */
  readonly nonce?: number;
}

/** The outcome of a transaction: mined with success, or an error with the remedy. */
export type SendOutcome =
  | { readonly label: string; readonly receipt: TransactionReceipt; readonly error?: undefined }
  | { readonly label: string; readonly receipt?: undefined; readonly error: TransactionError };

/** Timeouts and intervals of the sender, milliseconds. */
export interface SendTimes {
  /** After which a transaction that is not mined is sent again with a higher fee. */
  readonly replaceAfter: number;
  /** After which it is given up on. */
  readonly giveUpAfter: number;
  /** Interval at which an endpoint is asked whether it still knows a transaction. */
  readonly recheckEvery: number;
}

export const SEND_TIMES: SendTimes = {
  replaceAfter: 60_000,
  giveUpAfter: 600_000,
  recheckEvery: 3_000,
};

/** Options of {@link sendTransactions}. */
export interface SendOptions {
  /** Blocks that count a transaction, its own included; 1 unless named. */
  readonly confirmations?: number;
  /** The most that a unit of gas may cost; no ceiling unless named. */
  readonly maxPrice?: PriceCeiling;
  readonly times?: Partial<SendTimes>;
  /** Nonces that were used up before; share one book among all calls of a run. */
  readonly nonces?: NonceManager;
  /**
   * Called with every signed transaction before it is submitted, a replacement included: a caller that
   * records the hash finds it again after a crash. Not called where the node signs.
   */
  onSigned?(label: string, hash: string): void;
  /** Called with every submitted transaction, a replacement included. */
  onSent?(label: string, hash: string): void;
}

/** Room above an estimate: CCIP passes 63/64 of its gas on, and refunds hide what is needed. */
const GAS_MARGIN_PERCENT = 130n;
const GAS_MARGIN = 20_000n;

/** The most price raises for an endpoint that refuses a price as too low: three times the price in all. */
const MAX_RAISES = 5;

/** The most gas of a transaction, by EIP-7825. */
const GAS_CAP = 2n ** 24n;

/**
 * Sends transactions of one account on one chain, in order, and waits until they are mined. Each is
 * estimated, signed once, looked up by its hash whenever an answer is lost, and replaced with a higher
 * fee when it is not mined in time. One that fails does not stop the others, unless it is unknown
 * whether it was accepted.
 *
 * Nothing is sent twice: when the account has transactions under way that are not this call's, it
 * waits until they are mined, sends nothing, and every outcome is a {@link NonceConflictError}: look at
 * the chain again, what is wanted may have been done by them.
 * @param chain whose name errors tell.
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

/**
 * Sends one transaction that has to succeed.
 * @throws TransactionError when it does not.
 */
export async function sendTransaction(
  chain: { readonly name: string },
  signer: Signer,
  transaction: LabelledTransaction,
  options: SendOptions = {},
): Promise<TransactionReceipt> {
  const [outcome] = await sendTransactions(chain, signer, [transaction], options);
  if (!outcome) throw new Error(`Nothing became of ${transaction.label}.`);
  if (outcome.error) throw outcome.error;
  return outcome.receipt;
}

/**
 * Waits until an account has no transaction under way on a chain, as a run that was killed may have
 * left them. Call it before the chain is read, so that what they do is seen.
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
  /** Undefined when the node holds the key and signs: then it cannot be replaced. */
  fees?: GasFees;
  /** Signed bytes, oldest first; all with the same nonce. */
  readonly signed: string[];
  readonly hashes: string[];
}

type Handed = { readonly inFlight: InFlight } | { readonly error: TransactionError };

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
    // What this run sent is mined, whatever a lagging endpoint counts.
    const known = this.nonces.nextOf(this.chain, this.account, mined);
    if (pending > known) {
      await settle({ name: this.chain }, this.provider, this.account, this.times);
      return transactions.map(({ label }) => ({
        label,
        error: new NonceConflictError(label, this.account, mined),
      }));
    }
    const waits: Promise<SendOutcome>[] = [];
    try {
      await this.handOverAll(transactions, known, waits);
    } catch (error) {
      // Submitted transactions are still waited for, so that none is pending when this throws.
      await Promise.allSettled(waits);
      throw error;
    }
    return Promise.all(waits);
  }

  private async handOverAll(
    transactions: readonly LabelledTransaction[],
    firstNonce: number,
    waits: Promise<SendOutcome>[],
  ): Promise<void> {
    let nonce = firstNonce;
    let stopped: TransactionError | undefined;
    for (const transaction of transactions) {
      const { label } = transaction;
      if (stopped) {
        const error = new NotSentError(label, stopped);
        waits.push(Promise.resolve({ label, error }));
        continue;
      }
      if (transaction.nonce !== undefined && transaction.nonce !== nonce) {
        stopped = new NonceConflictError(label, this.account, transaction.nonce);
        waits.push(Promise.resolve({ label, error: stopped }));
        continue;
      }
      const handed = await this.handOver(transaction, nonce);
      if ("error" in handed) {
        const { error } = handed;
        if (error instanceof UnknownOutcomeError || error instanceof NonceConflictError) {
          stopped = error;
        }
        // A transaction that was mined and reverted has used its nonce.
        if (error instanceof RevertedError && error.hash) nonce += 1;
        waits.push(Promise.resolve({ label, error }));
        continue;
      }
      this.nonces.use(this.chain, this.account, nonce);
      nonce += 1;
      const wait = this.outcomeOf(handed.inFlight);
      // It is awaited below; Node would report a rejection before that as unhandled.
      wait.catch(() => undefined);
      waits.push(wait);
    }
  }

  /** Estimates, prices, signs and submits. */
  private async handOver(transaction: LabelledTransaction, nonce: number): Promise<Handed> {
    const { label } = transaction;
    try {
      const gasLimit = transaction.gasLimit ?? (await this.estimate(transaction));
      const fees = this.affordable(label, await feesNow(this.provider));
      const inFlight: InFlight = { transaction, nonce, gasLimit, fees, signed: [], hashes: [] };
      await this.signAndBroadcast(inFlight, fees);
      return { inFlight };
    } catch (error) {
      // It would revert because what took its nonce did what it is for.
      if (error instanceof RevertedError && (await this.isOvertaken(transaction))) {
        return { error: new NonceConflictError(label, this.account, nonce) };
      }
      if (error instanceof TransactionError) return { error };
      if (error instanceof EndpointError || isTransportError(error)) {
        return { error: new UnknownOutcomeError(label, undefined, { cause: error }) };
      }
      throw error;
    }
  }

  /** Returns whether the fixed nonce of a transaction is used up. */
  private async isOvertaken({ nonce }: LabelledTransaction): Promise<boolean> {
    if (nonce === undefined) return false;
    try {
      return (await this.provider.getTransactionCount(this.account)) > nonce;
    } catch (error) {
      if (isTransportError(error)) return false;
      throw error;
    }
  }

  private async estimate({ label, to, data, value }: LabelledTransaction): Promise<bigint> {
    try {
      const from = this.account;
      const estimate = await this.provider.estimateGas({ from, to, data, value });
      const generous = (estimate * GAS_MARGIN_PERCENT) / 100n + GAS_MARGIN;
      if (generous <= GAS_CAP) return generous;
      return estimate > GAS_CAP ? estimate : GAS_CAP;
    } catch (error) {
      if (meaningOf(error) === "insufficientFunds") throw await this.poor(label, error);
      if (error instanceof EndpointError && !isTransportError(error)) {
        throw new TransactionRejectedError(label, `${this.chain} refuses it: ${error.reason}`, {
          cause: error,
        });
      }
      if (isTransportError(error) || isError(error, "INVALID_ARGUMENT")) throw error;
      throw new RevertedError(label, revertDataIn(error), undefined, { cause: error });
    }
  }

  /** Returns the current fees, unless they are above the ceiling. */
  private affordable(label: string, fees: GasFees): GasFees {
    const { maxPrice } = this.options;
    if (!maxPrice) return fees;
    const capped = cappedAt(maxPrice, fees);
    if (!capped) throw this.tooDear(label, priceNow(fees), maxPrice);
    return capped;
  }

  /** Returns higher fees, unless they are above the ceiling: capped there, they might be no higher. */
  private withinCeiling(label: string, fees: GasFees): GasFees {
    const { maxPrice } = this.options;
    if (!maxPrice || priceOf(fees) <= maxPrice.wei) return fees;
    throw this.tooDear(label, priceOf(fees), maxPrice);
  }

  /** Returns higher fees up to the ceiling: the node's minimum may be below it. */
  private uptoCeiling(label: string, paid: GasFees, better: GasFees): GasFees {
    const { maxPrice } = this.options;
    const cut = maxPrice ? cutTo(maxPrice, better, paid) : better;
    if (maxPrice && !cut) throw this.tooDear(label, priceOf(better), maxPrice);
    return cut ?? better;
  }

  private tooDear(
    label: string,
    price: bigint,
    { wei, setting }: PriceCeiling,
  ): GasPriceTooHighError {
    return new GasPriceTooHighError(
      label,
      `gas on ${this.chain} costs ${gweiText(price)}, above the ceiling of ${gweiText(wei)}: wait, or raise ${setting}.`,
    );
  }

  /** Signs with the given fees and submits; records the hash with the transaction. */
  private async signAndBroadcast(inFlight: InFlight, fees: GasFees, raises = 0): Promise<void> {
    const { transaction, nonce, gasLimit } = inFlight;
    const { label, to, data, value } = transaction;
    const { chainId } = await this.provider.getNetwork();
    const request = { to, data, value, nonce, gasLimit, chainId, ...fees };
    let signed: string;
    try {
      signed = await this.signer.signTransaction(request);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      inFlight.fees = undefined;
      inFlight.hashes.push(await this.sendByNode(label, request));
      return;
    }
    await this.broadcastSigned(inFlight, signed, fees, raises);
  }

  private async broadcastSigned(
    inFlight: InFlight,
    signed: string,
    fees: GasFees,
    raises: number,
  ): Promise<void> {
    const { transaction, nonce, hashes } = inFlight;
    const { label } = transaction;
    const hash = keccak256(signed);
    this.options.onSigned?.(label, hash);
    let result;
    try {
      result = await broadcast(this.provider, signed);
    } catch (error) {
      if (!isProviderError(error)) throw error;
      if (hashes.length === 0) throw new UnknownOutcomeError(label, hash, { cause: error });
      // A replacement that may have been accepted is looked up like the first one.
      this.note(inFlight, signed, hash, fees);
      return;
    }
    switch (result.kind) {
      case "taken":
        this.note(inFlight, signed, hash, fees);
        this.options.onSent?.(label, hash);
        return;
      case "nonce taken":
        throw new NonceConflictError(label, this.account, nonce);
      case "underpriced":
        if (raises === MAX_RAISES) {
          throw new TransactionRejectedError(
            label,
            `${this.chain} takes no offer up to ${gweiText(priceOf(fees))}: ${result.reason}`,
          );
        }
        return this.signAndBroadcast(
          inFlight,
          this.uptoCeiling(label, fees, await this.better(fees, result.reason)),
          raises + 1,
        );
      case "unfunded":
        throw await this.poor(label, result.reason);
      case "refused":
        if (result.revertData !== "0x") throw new RevertedError(label, result.revertData);
        throw new TransactionRejectedError(label, `${this.chain} refuses it: ${result.reason}`);
    }
  }

  private async better(fees: GasFees, reason: string): Promise<GasFees> {
    const least = leastNamed(reason, this.options.maxPrice);
    return raised(fees, await feesNow(this.provider), least);
  }

  /** Records a submitted transaction, so that its receipt is looked up. */
  private note(inFlight: InFlight, signed: string, hash: string, fees: GasFees): void {
    inFlight.signed.push(signed);
    inFlight.hashes.push(hash);
    inFlight.fees = fees;
  }

  /** Sends by an account whose key the node holds, as on development chains. */
  private async sendByNode(
    label: string,
    request: Parameters<Signer["sendTransaction"]>[0],
  ): Promise<string> {
    try {
      const { hash } = await this.signer.sendTransaction(request);
      this.options.onSent?.(label, hash);
      return hash;
    } catch (error) {
      if (isTransportError(error)) throw new UnknownOutcomeError(label, "it", { cause: error });
      throw new RevertedError(label, revertDataIn(error), undefined, { cause: error });
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

  /** Waits for one of the transactions with this nonce to be mined; submits lost ones again. */
  private async receiptOf(inFlight: InFlight): Promise<TransactionReceipt> {
    const { transaction, nonce, hashes } = inFlight;
    const { replaceAfter, giveUpAfter, recheckEvery } = this.times;
    const startedAt = Date.now();
    let recheckAt = startedAt + recheckEvery;
    let replaceAt = startedAt + replaceAfter;
    let overtaken = 0;
    let fault: unknown;
    for (;;) {
      try {
        const receipt = await this.confirmed(hashes);
        if (receipt) return receipt;
        fault = undefined;
        if (Date.now() >= recheckAt) {
          const { mined } = await countTransactions(this.provider, this.account);
          // The nonce counts before the receipt shows on an endpoint that lags: ask a few times.
          if (mined > nonce && ++overtaken > 5 && !(await this.anyKnown(hashes))) {
            throw new NonceConflictError(transaction.label, this.account, nonce);
          }
          if (mined <= nonce) await this.handOverAgain(inFlight, Date.now() >= replaceAt);
          if (Date.now() >= replaceAt) replaceAt = Date.now() + replaceAfter;
          recheckAt = Date.now() + recheckEvery;
        }
      } catch (error) {
        // What is known is not the endpoint's fault, whatever words a label holds.
        if (error instanceof TransactionError || !isTransportError(error)) throw error;
        fault = error;
      }
      const elapsed = Date.now() - startedAt;
      if (elapsed > giveUpAfter) {
        if (fault) {
          throw new UnknownOutcomeError(transaction.label, hashes.at(-1), { cause: fault });
        }
        throw new TransactionTimeoutError(transaction.label, hashes, nonce, giveUpAfter / 1_000);
      }
      await sleep(pauseAfter(elapsed));
    }
  }

  /** Reads the receipt of the mined one, once it has enough confirmations. */
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
  private async handOverAgain(inFlight: InFlight, replace: boolean): Promise<void> {
    const { fees, signed, hashes, transaction } = inFlight;
    const last = signed.at(-1);
    if (!fees || !last) return;
    if (!replace) {
      if (!(await this.anyKnown(hashes))) await broadcast(this.provider, last);
      return;
    }
    try {
      const better = this.withinCeiling(
        transaction.label,
        raised(fees, await feesNow(this.provider)),
      );
      await this.signAndBroadcast(inFlight, better);
    } catch (error) {
      // Mined meanwhile, above the ceiling, or not affordable: the first transaction stays valid.
      if (!(error instanceof TransactionError)) throw error;
    }
  }

  private async poor(label: string, cause: unknown): Promise<TransactionRejectedError> {
    const balance = await this.provider.getBalance(this.account);
    return new TransactionRejectedError(
      label,
      `${this.account} has ${formatEther(balance)} ${nativeSymbol(this.chain)} on ${this.chain}, too little for value and gas: fund it.`,
      { cause },
    );
  }
}

function revertDataIn(error: unknown): string {
  if (isCallException(error) && error.data) return error.data;
  return revertDataOf(error);
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

/** Local nodes mine at once, live ones take seconds: the longer it takes, the longer the pauses. */
function pauseAfter(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs / 10, 2), 2_000);
}

/** The revert data of a mined transaction, found by calling it again on the block before it. */
async function replay(provider: Provider, receipt: TransactionReceipt): Promise<string> {
  try {
    const transaction = await provider.getTransaction(receipt.hash);
    if (!transaction) return "0x";
    const { from, to, data, value, gasLimit } = transaction;
    await provider.call({ from, to, data, value, gasLimit, blockTag: receipt.blockNumber - 1 });
    return "0x";
  } catch (error) {
    return revertDataIn(error);
  }
}
