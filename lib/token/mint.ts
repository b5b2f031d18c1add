import { id } from "ethers";
import type { TransactionReceipt } from "ethers";

import { CodedError, OperatorError } from "../core/errors";
import { abi, contractAt } from "../core/abis";
import type { OperatorContext } from "../mesh/operator";
import { readHolders } from "../mesh/components/grants";
import { holderOf } from "../core/mesh/mesh";
import { timeNow } from "../rpc/blocks";
import { IncompleteLogsError } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { RetryPolicy } from "../core/endpoint/client";
import { NonceConflictError, TransactionTimeoutError, UnknownOutcomeError } from "../tx/errors";
import type { TransactionError } from "../tx/errors";
import { sendTransaction } from "../tx/send";

import { lastIssue } from "./issued";
import { MissingRoleError } from "./pause";

/** Tokens that are issued at home. */
export interface Issue {
  readonly to: string;
  /** Token units (wei). */
  readonly amount: bigint;
  /** The account that issues; the issuer of the mesh file by default. */
  readonly account?: string;
  /** Issue although the issuer's last transaction was the same, or is unknown. */
  readonly again: boolean;
  /** Issue although a rebase is scheduled that the new tokens would earn, or lose by. */
  readonly whilePending: boolean;
  /** Retries while an endpoint leaves logs out. */
  readonly lag?: RetryPolicy;
}

/** The account that issues, and its nonce. */
export interface IssueCheck {
  readonly account: string;
  /** The account's next one at the block that was looked at: what was sent since has taken it. */
  readonly nonce: number;
  /** The last issue to the same account. */
  readonly before?: { readonly amount: bigint; readonly age: bigint; readonly hash: string };
}

/** Nobody knows whether tokens were issued. */
export class UncertainIssueError extends CodedError {
  override readonly name = "UnclearIssueError";
  readonly code = "OUTCOME_UNKNOWN";

  constructor(chain: string, options: { readonly cause: TransactionError }) {
    const { cause } = options;
    const hash =
      cause instanceof UnknownOutcomeError
        ? cause.hash
        : cause instanceof TransactionTimeoutError
          ? cause.hashes.at(-1)
          : undefined;
    super(
      `Nobody knows whether the tokens were issued${hash ? ` by ${hash}` : ""} on ${chain}. Look at the issuer's transactions there before you issue again.`,
      options,
    );
  }
}

/**
 * Checks everything that may prevent an issue.
 * @throws naming what it is and what to do.
 */
export async function checkIssue(
  { mesh, store }: OperatorContext,
  {
    to,
    amount,
    account = holderOf(mesh, "issuer", mesh.home.name),
    again,
    whilePending,
    lag,
  }: Issue,
): Promise<IssueCheck> {
  const { home } = mesh;
  const pinned = await pinLatest(home.name, home.provider);
  const token = contractAt.token(home.contracts.token, pinned);
  const [mayIssue, paused, pending, nonce] = await Promise.all([
    token.hasRole(id("ISSUER_ROLE"), account),
    token.paused(),
    token.pendingRebase(),
    pinned.getTransactionCount(account),
  ]);
  if (!mayIssue) {
    const holders = await readHolders(home, pinned, { store });
    throw new MissingRoleError(
      account,
      "ISSUER_ROLE",
      home.name,
      holders.filter(({ role }) => role === "ISSUER_ROLE").map((grant) => grant.account),
    );
  }
  if (paused) {
    throw new OperatorError(
      "TOKEN_PAUSED",
      `The token is paused on ${home.name}, so nothing can be issued: unpause it with \`npx hardhat token unpause --chain ${home.name} --mesh ${mesh.config.name}\`.`,
    );
  }
  if (pending.pending && !whilePending) {
    const from = new Date(Number(pending.effectiveAt) * 1_000).toISOString();
    throw new OperatorError(
      "CONFIRMATION_REFUSED",
      `A rebase counts from ${from}: what is issued before takes part in it. Wait until then, or add --while-pending if that is priced in.`,
    );
  }
  if (again) return { account, nonce };
  const last = await beforeAnother(lastIssue(home, to, pinned.blockNumber, { store, lag }));
  if (!last) return { account, nonce };
  const { transaction, time } = last;
  // What an interrupted run has issued is the last that the issuer did: its nonce says so, no clock.
  if (last.amount === amount && transaction.from === account && transaction.nonce === nonce - 1) {
    throw new OperatorError(
      "SAME_TRANSFER",
      `The last transaction of ${account} on ${home.name} issued as much to ${to}, in ${transaction.hash}: add --again to issue it a second time.`,
    );
  }
  const age = timeNow(mesh.config.live, pinned.timestamp) - time;
  const before = { amount: last.amount, age: age > 0n ? age : 0n, hash: transaction.hash };
  return { account, nonce, before };
}

/** Issues nothing while earlier issues are unknown. */
async function beforeAnother<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof IncompleteLogsError)) throw error;
    throw new IncompleteLogsError(
      `Nothing was issued. ${error.message} If you know that it was not issued before, add --again.`,
    );
  }
}

/**
 * Issues tokens at home.
 * @param check what {@link checkIssue} found: with another nonce nothing is issued.
 * @throws TransactionError when the home refuses it, UnclearIssueError when the outcome is unknown, NoKeyError when the
 * account's key is elsewhere.
 */
export async function issueTokens(
  context: OperatorContext,
  { to, amount }: Pick<Issue, "to" | "amount">,
  { account, nonce }: IssueCheck,
  onSent?: (label: string, hash: string) => void,
): Promise<TransactionReceipt> {
  const { home } = context.mesh;
  const transaction = {
    label: `${home.name}/token/mint`,
    nonce,
    to: home.contracts.token,
    data: abi.token.encodeFunctionData("mint", [to, amount]),
  };
  const signer = await context.signerFor(home, account);
  try {
    return await sendTransaction(home, signer, transaction, {
      ...context.sendOptions(home),
      onSent,
    });
  } catch (error) {
    if (
      error instanceof UnknownOutcomeError ||
      error instanceof TransactionTimeoutError ||
      error instanceof NonceConflictError
    ) {
      throw new UncertainIssueError(home.name, { cause: error });
    }
    throw error;
  }
}
