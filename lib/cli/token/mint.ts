import { exactTokens } from "../../core/amount";
import { formatDuration } from "../../core/duration";
import { toJson } from "../../core/json";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { parseAddress, parseOptionalAddress } from "../../core/input/address";
import type { RetryPolicy } from "../../core/endpoint/client";
import type { OperatorContext } from "../../mesh/operator";
import type { MeshConfig } from "../../core/mesh/schema";
import { parseTokenAmount } from "../../core/units";
import { checkIssue, issueTokens, requireRoom } from "../../token/mint";

/** Options of `token mint`, as they are typed. */
export interface MintOptions extends SendingTaskOptions {
  /** The recipient. */
  readonly to: string;
  /** In tokens: `12.5`. */
  readonly amount: string;
  /** The account that issues; the issuer of the mesh file by default. */
  readonly account?: string;
  readonly again: boolean;
  readonly whilePending: boolean;
  /** Retries while an endpoint leaves logs out. */
  readonly lag?: RetryPolicy;
}

/**
 * Parses the options of an issue that need no chain.
 * @throws InputError naming the option.
 */
export function typedIssue(
  { token: { symbol } }: Pick<MeshConfig, "token">,
  input: Pick<MintOptions, "account" | "to" | "amount">,
) {
  return {
    account: parseOptionalAddress(input.account, { option: "--account" }),
    to: parseAddress(input.to, { option: "--to" }),
    amount: parseTokenAmount(input.amount, { symbol, option: "--amount" }),
  };
}

/**
 * Issues tokens at home.
 * @returns the amount in token units (wei), and the transaction.
 * @throws naming what prevents it, before anything is signed.
 */
export async function mintTokens(
  context: OperatorContext,
  options: MintOptions,
  { stdout, log }: Output = consoleOutput,
) {
  const { home, config } = context.mesh;
  const { symbol } = config.token;
  const { again, whilePending, lag, json } = options;
  const { account, to, amount } = typedIssue(config, options);
  await requireRoom(context.mesh, amount);
  const check = await checkIssue(context, { to, amount, account, again, whilePending, lag });
  const { before } = check;
  if (before) {
    log(
      `before   ${exactTokens(before.amount)} ${symbol} were issued to ${to} ${formatDuration(before.age)} ago, in ${before.hash}`,
    );
  }
  const amountText = `${exactTokens(amount)} ${symbol}`;
  await options.confirm(`Issue ${amountText} to ${to} on ${home.name}?`);
  const { hash } = await issueTokens(context, { to, amount }, check, (label, sent) =>
    log(`sent     ${label} ${sent}`),
  );
  const result = { to, amount, transactionHash: hash };
  stdout(json ? toJson(result) : `${amountText} issued to ${to} on ${home.name} (${hash})`);
  return result;
}
