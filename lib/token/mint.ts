import type { TransactionReceipt } from "ethers";

import { exactTokens } from "../core/amount";
import { OperatorError } from "../core/errors";
import { abi, contractAt } from "../core/abis";
import type { RetryPolicy } from "../core/endpoint/client";
import { holderOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import { command } from "../core/recovery";
import { timeText } from "../core/time";
import { MAX_SHARES } from "../core/units";
import type { OperatorContext } from "../mesh/operator";
import { timeNow } from "../rpc/blocks";
import { IncompleteLogsError } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import { unclearOutcome } from "../tx/errors";
import { sendTransaction } from "../tx/send";

import { lastIssue } from "./issued";
import { requireRole } from "../mesh/requireRole";

/** Tokens that are issued at home. */
export interface Issue {
  readonly to: string;
  /** Token units (wei). */
  readonly amount: bigint;
  /** The account that issues; the issuer of the mesh file by default. */
  readonly account?: string | undefined;
  /** Issue although the issuer's last transaction was the same, or is unknown. */
  readonly again: boolean;
  /** Issue although a rebase is scheduled that the new tokens would earn, or lose by. */
  readonly whilePending: boolean;
  /** Retries while an endpoint leaves logs out. */
  readonly lag?: RetryPolicy | undefined;
}

/** The account that issues, and its nonce. */
export type IssueCheck = Awaited<ReturnType<typeof checkIssue>>;

/**
 * Makes sure that there are shares for what is to be issued.
 * @throws OperatorError with the most that can be issued.
 */
export async function requireRoom({ home, config }: Mesh, amount: bigint): Promise<void> {
  const token = contractAt.token(home.contracts.token, await pinLatest(home.name, home.provider));
  const [issued, sharesPerToken] = await Promise.all([
    token.issuedShares(),
    token.sharesPerToken(),
  ]);
  const most = (MAX_SHARES - issued) / sharesPerToken;
  if (amount <= most) return;
  const { symbol } = config.token;
  throw new OperatorError(
    "ISSUANCE_LIMIT",
    `${exactTokens(amount)} ${symbol} are more than can be issued on ${home.name}: at most ${exactTokens(most)} ${symbol} are left at the index that counts now.`,
  );
}

/**
 * Checks everything that may prevent an issue.
 * @throws naming what it is and what to do.
 */
export async function checkIssue(
  { mesh, store }: OperatorContext,
  { to, amount, again, whilePending, lag, ...issue }: Issue,
) {
  const { home } = mesh;
  const account = issue.account ?? holderOf(mesh, "issuer", home.name);
  const pinned = await pinLatest(home.name, home.provider);
  const token = contractAt.token(home.contracts.token, pinned);
  const [paused, pending, nonce] = await Promise.all([
    token.paused(),
    token.pendingRebase(),
    pinned.getTransactionCount(account),
    requireRole(home, pinned, "ISSUER_ROLE", account, store),
  ]);
  if (paused) {
    const unpause = command("token unpause", { chain: home.name, mesh: mesh.config.name });
    throw new OperatorError(
      "TOKEN_PAUSED",
      `The token is paused on ${home.name}, so nothing can be issued: unpause it with \`${unpause}\`.`,
    );
  }
  if (pending.pending && !whilePending) {
    throw new OperatorError(
      "CONFIRMATION_REFUSED",
      `A rebase takes effect at ${timeText(pending.effectiveAt)}: what is issued before takes part in it. Wait until then, or add --while-pending if that is priced in.`,
    );
  }
  // The nonce is of the block that was looked at: what was sent since has taken it.
  if (again) return { account, nonce, before: undefined };
  const reading = { store, lag };
  const last = await lastIssue(home, to, pinned.blockNumber, reading).catch((error: unknown) => {
    if (!(error instanceof IncompleteLogsError)) throw error;
    throw new IncompleteLogsError(
      `Nothing was issued. ${error.message} If you know that it was not issued before, add --again.`,
    );
  });
  if (!last) return { account, nonce, before: undefined };
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

/**
 * Issues tokens at home.
 * @param check what {@link checkIssue} found: with another nonce nothing is issued.
 * @throws TransactionError when the home refuses it, OUTCOME_UNKNOWN when that is unknown, NoKeyError when the account's
 * key is elsewhere.
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
  const options = { ...context.sendOptions(home), onSent };
  return sendTransaction(home, signer, transaction, options).catch((error: unknown) => {
    const unclear = unclearOutcome(error);
    if (!unclear) throw error;
    const by = unclear.hash ? ` by ${unclear.hash}` : "";
    throw new OperatorError(
      "OUTCOME_UNKNOWN",
      `Nobody knows whether the tokens were issued${by} on ${home.name}. Look at the issuer's transactions there before you issue again.`,
      unclear,
    );
  });
}
