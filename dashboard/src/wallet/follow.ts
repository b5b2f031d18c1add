import {
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  isAddressEqual,
  size,
} from "viem";
import type { Hex, Transaction, TransactionReceipt } from "viem";

import type { ChainClient } from "../data/client";

/** The part of a chain's client that tracking needs. */
export type Ledger = Pick<
  ChainClient,
  "getTransaction" | "getTransactionReceipt" | "getTransactionCount" | "getBlockNumber" | "getBlock"
>;

/** State of an account before a transaction was signed. */
export interface Before {
  readonly block: bigint;
  /** The nonce of the account's next transaction on this chain. */
  readonly nonce: number;
}

/** A transaction that a wallet was asked to send. */
export interface Request {
  readonly to: Hex;
  readonly data: Hex;
  readonly value: bigint;
}

/** Outcome of a transaction that a wallet was asked to send. */
export type Outcome =
  /** Mined as requested, possibly under another hash: a wallet signs again to speed up. */
  | { readonly kind: "done"; readonly hash: Hex; readonly isSpedUp: boolean }
  /** Mined and reverted. */
  | { readonly kind: "reverted"; readonly hash: Hex }
  /** Mined, but not as requested: its user edited it, or the wallet wraps its transactions. */
  | { readonly kind: "altered"; readonly by: Hex }
  /** Its nonce was used by an empty transaction to oneself. */
  | { readonly kind: "cancelled"; readonly by: Hex }
  /** Its nonce was used by a different transaction. */
  | { readonly kind: "replaced"; readonly by: Hex }
  /** Tracking was stopped, or no node knows it and another transaction of the account was mined since. */
  | { readonly kind: "unknown"; readonly other?: Hex };

/** Options of tracking a transaction. */
export interface FollowOptions {
  readonly pollMs: number;
  /** Queries the wallet's own node, to which the transaction was sent. */
  readonly askWallet: (hash: Hex) => Promise<Transaction>;
  /** Called on every attempt: whether the chain answered, and whether the hash has been unknown for long. */
  readonly onAttempt?: (attempt: { isAnswering: boolean; isUnseen: boolean }) => void;
  /** Time for which a sent transaction may be unknown to all nodes, milliseconds. */
  readonly unseenMs?: number;
  readonly signal?: AbortSignal;
}

const UNSEEN_MS = 30_000;

/** A reorg may mine a transaction again in an earlier block. */
const REORG_BLOCKS = 32n;

/** Length of the function selector in calldata. */
const SELECTOR_BYTES = 4;

/** Reads the nonce of an account before it signs. */
export async function syncStatusOf(ledger: Ledger, account: Hex): Promise<Before> {
  const block = await ledger.getBlockNumber({ cacheTime: 0 });
  const nonce = await ledger.getTransactionCount({ address: account, blockNumber: block });
  return { block, nonce };
}

/**
 * Tracks a transaction until its nonce is used, by itself or by a wallet's replacement. The account's nonce
 * decides, not the absence of a receipt; a chain that does not answer is polled again.
 * @returns `unknown` once the signal is aborted.
 */
export async function follow(
  ledger: Ledger,
  sent: {
    readonly hash: Hex;
    readonly account: Hex;
    readonly before: Before;
    readonly request: Request;
  },
  options: FollowOptions,
): Promise<Outcome> {
  const { pollMs, onAttempt, signal, unseenMs = UNSEEN_MS } = options;
  const { hash, before } = sent;
  const deadline = Date.now() + unseenMs;
  let meant: Transaction | undefined;
  let unusedAt = before.block;
  for (;;) {
    try {
      const receipt = await receiptOf(ledger, hash);
      if (receipt) return ended(receipt, await ledger.getTransaction({ hash }), sent);
      meant ??= await transactionOf(ledger, hash, options.askWallet);
      onAttempt?.({ isAnswering: true, isUnseen: !meant && Date.now() > deadline });
      const head = await ledger.getBlockNumber({ cacheTime: 0 });
      const { account, nonce } = meant
        ? { account: meant.from, nonce: meant.nonce }
        : { account: sent.account, nonce: before.nonce };
      const used = await ledger.getTransactionCount({ address: account, blockNumber: head });
      if (used <= nonce) {
        unusedAt = head;
      } else if (meant || Date.now() > deadline) {
        const after =
          unusedAt - REORG_BLOCKS > before.block ? unusedAt - REORG_BLOCKS : before.block;
        const mined = await minedWith(ledger, account, nonce, { after, upTo: head });
        if (!meant) return { kind: "unknown", ...(mined && { other: mined.hash }) };
        // Its own receipt may only be late: it is requested again.
        if (mined && mined.hash !== hash) return await replacement(ledger, meant, mined, sent);
      }
    } catch {
      onAttempt?.({ isAnswering: false, isUnseen: false });
    }
    await pause(pollMs, signal);
    if (signal?.aborted) return { kind: "unknown" };
  }
}

interface Asked {
  readonly hash: Hex;
  readonly account: Hex;
  readonly request: Request;
}

async function replacement(
  ledger: Ledger,
  meant: Transaction,
  mined: Transaction,
  asked: Asked,
): Promise<Outcome> {
  const isSame =
    isSameAddress(mined.to, meant.to) && mined.input === meant.input && mined.value === meant.value;
  if (isSame) return ended(await ledger.getTransactionReceipt({ hash: mined.hash }), mined, asked);
  // An account that delegates to code executes what it sends to itself as a call.
  const isCall = size(mined.input) >= SELECTOR_BYTES;
  const isNothing = isSameAddress(mined.to, mined.from) && mined.value === 0n && !isCall;
  return { kind: isNothing ? "cancelled" : "replaced", by: mined.hash };
}

function ended({ status }: TransactionReceipt, mined: Transaction, asked: Asked): Outcome {
  const { hash } = mined;
  if (status !== "success") return { kind: "reverted", hash };
  const { account, request } = asked;
  const isAsAsked =
    isAddressEqual(mined.from, account) &&
    isSameAddress(mined.to, request.to) &&
    mined.value === request.value &&
    // Wallets append a suffix of their own, which contracts ignore.
    mined.input.startsWith(request.data);
  return isAsAsked
    ? { kind: "done", hash, isSpedUp: hash !== asked.hash }
    : { kind: "altered", by: hash };
}

function isSameAddress(a: Hex | null, b: Hex | null): boolean {
  return a !== null && b !== null ? isAddressEqual(a, b) : a === b;
}

async function receiptOf(ledger: Ledger, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await ledger.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

/** Finds a transaction that is not mined yet, possibly on the wallet's node only. */
async function transactionOf(
  ledger: Ledger,
  hash: Hex,
  askWallet: FollowOptions["askWallet"],
): Promise<Transaction | undefined> {
  try {
    return await ledger.getTransaction({ hash });
  } catch (error) {
    if (!(error instanceof TransactionNotFoundError)) throw error;
    return askWallet(hash).catch(() => undefined);
  }
}

/**
 * Finds the transaction that used a nonce: the account's transaction count exceeds it in that block.
 * @returns undefined when the chain was reorganised meanwhile.
 */
async function minedWith(
  ledger: Ledger,
  account: Hex,
  nonce: number,
  { after, upTo }: { readonly after: bigint; readonly upTo: bigint },
): Promise<Transaction | undefined> {
  let [low, high] = [after, upTo];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const count = await ledger.getTransactionCount({ address: account, blockNumber: middle });
    if (count > nonce) high = middle;
    else low = middle;
  }
  const { transactions } = await ledger.getBlock({ blockNumber: high, includeTransactions: true });
  return transactions.find((one) => one.nonce === nonce && isAddressEqual(one.from, account));
}

/** Waits until the time has passed or the signal is aborted. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
