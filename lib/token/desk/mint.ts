import { exactTokens } from "../../cli/amount";
import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { parseAddress, parseOptionalAddress } from "../../core/input/address";
import { parseAmount } from "../../core/input/decimal";
import type { Desk } from "../../mesh/desk/desk";
import { TOKEN_DECIMALS } from "../../mesh/units";
import { checkIssue, issueTokens } from "../mint";

/** How tokens are issued, as somebody types it. */
export interface MintOptions {
  /** Who receives them. */
  readonly to: string;
  /** In tokens: `12.5`. */
  readonly amount: string;
  /** Who issues; the issuer of the mesh file unless named. */
  readonly account?: string;
  readonly again: boolean;
  readonly whilePending: boolean;
  readonly json: boolean;
  /** Asked before the transaction. @throws when the answer is no, or nobody can answer. */
  confirm(question: string): Promise<void>;
}

/** What was issued. */
export interface MintResult {
  readonly to: string;
  /** Token units (wei). */
  readonly amount: bigint;
  readonly transactionHash: string;
}

/**
 * Issues tokens at home.
 * @throws naming what is in the way, before anything is signed.
 */
export async function mintTokens(
  desk: Desk,
  options: MintOptions,
  { print, say }: Voice = TERMINAL,
): Promise<MintResult> {
  const { home, config } = desk.mesh;
  const { again, whilePending, json } = options;
  const account = parseOptionalAddress(options.account, { option: "--account" });
  const to = parseAddress(options.to, { option: "--to" });
  const amount = parseAmount(options.amount, TOKEN_DECIMALS, {
    symbol: config.token.symbol,
    positive: true,
    option: "--amount",
  });
  const check = await checkIssue(desk, {
    to,
    amount,
    again,
    whilePending,
    ...(account !== undefined && { account }),
  });
  const words = `${exactTokens(amount)} ${config.token.symbol}`;
  await options.confirm(`Issue ${words} to ${to} on ${home.name}?`);
  const { hash } = await issueTokens(desk, { to, amount }, check, (label, sent) =>
    say(`sent     ${label} ${sent}`),
  );
  const result = { to, amount, transactionHash: hash };
  print(json ? toJson(result) : `${words} issued to ${to} on ${home.name} (${hash})`);
  return result;
}
