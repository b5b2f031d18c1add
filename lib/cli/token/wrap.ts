import { formatUnits } from "ethers";

import { exactTokens } from "../../core/amount";
import type { RetryPolicy } from "../../core/endpoint/client";
import { parseOptionalAddress } from "../../core/input/address";
import { toJson } from "../../core/json";
import { requireMember } from "../../core/mesh/members";
import { requireChain } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { parseTokenAmount } from "../../core/units";
import type { OperatorContext } from "../../mesh/operator";
import { readHoldings, requireNotDone, requireWrappable, sendWrapping } from "../../token/wrap";
import type { Holdings, Wrapping } from "../../token/wrap";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

/** Options of `wrap` and `unwrap`, as they are typed. */
export interface WrapOptions extends SendingTaskOptions {
  readonly action: Wrapping["action"];
  /** Network name. */
  readonly chain: string;
  /** In tokens, or in wrapped units. */
  readonly amount: string;
  /** The amount to be wrapped is in wrapped units; always so when they are unwrapped. */
  readonly wrapped: boolean;
  /** The account itself unless given. */
  readonly receiver?: string;
  /** The account with an available key unless given. */
  readonly account?: string;
  /** Do it although the account's last transaction has done the same. */
  readonly again: boolean;
  /** Retries while an endpoint leaves logs out. */
  readonly lag?: RetryPolicy;
}

/**
 * Parses the options of a wrapping that need no chain.
 * @throws InputError naming the option.
 */
export function typedWrapping(
  config: MeshConfig,
  { chain, ...input }: Pick<WrapOptions, "chain" | "amount" | "receiver" | "account">,
) {
  requireMember(config, chain, "--chain");
  return {
    amount: parseTokenAmount(input.amount, { option: "--amount" }),
    receiver: parseOptionalAddress(input.receiver, { option: "--receiver" }),
    account: parseOptionalAddress(input.account, { option: "--account" }),
  };
}

/**
 * Wraps tokens or unwraps wrapped units, and prints the balances before and after.
 * @throws naming what prevents it, before anything is signed.
 */
export async function wrapTokens(
  context: OperatorContext,
  { action, json, confirm, again, lag, ...options }: WrapOptions,
  { stdout, log }: Output = consoleOutput,
) {
  const { mesh } = context;
  const {
    amount,
    account = mesh.operator,
    receiver = account,
  } = typedWrapping(mesh.config, options);
  const chain = requireChain(mesh, options.chain, "--chain");
  const unit = action === "unwrap" || options.wrapped ? "wrapped" : "tokens";
  const wrapping: Wrapping = { chain, action, unit, amount, account, receiver };
  const before = await readHoldings(mesh, chain, account);
  requireWrappable(mesh, wrapping, before);
  if (!again) await requireNotDone(context, wrapping, before, lag);
  const names = { tokens: mesh.config.token.symbol, wrapped: mesh.config.wrapper?.symbol ?? "" };
  const what = `${exactTokens(amount)} ${names[unit]}`;
  log(`rate     1 ${names.wrapped} is ${rateText(before.rate)} ${names.tokens}`);
  log(`before   ${holdingsText(before, names)}`);
  const to = receiver === account ? "" : `, for ${receiver}`;
  await confirm(
    `${action === "wrap" ? "Wrap" : "Unwrap"} ${what} of ${account} on ${chain.name}${to}?`,
  );
  const transactionHash = await sendWrapping(context, wrapping, before, (label, hash) =>
    log(`sent     ${label}: ${hash}`),
  );
  const after = await readHoldings(mesh, chain, account);
  const result = {
    chain: chain.name,
    action,
    unit,
    amount,
    account,
    receiver,
    transactionHash,
    before: balancesOf(before),
    after: balancesOf(after),
  };
  stdout(
    json
      ? toJson({ mesh: mesh.config.name, ...result })
      : [
          `${what} of ${account} ${action}ped on ${chain.name}${to} (${transactionHash})`,
          `  before  ${holdingsText(before, names)}`,
          `  after   ${holdingsText(after, names)}`,
          `  rate    1 ${names.wrapped} is ${rateText(after.rate)} ${names.tokens}`,
        ].join("\n"),
  );
  return result;
}

function balancesOf({ tokens, wrapped, rate }: Holdings) {
  return { tokens, wrapped, rate };
}

function holdingsText(
  { tokens, wrapped }: Holdings,
  names: Readonly<Record<"tokens" | "wrapped", string>>,
): string {
  return `${exactTokens(tokens)} ${names.tokens}, ${exactTokens(wrapped)} ${names.wrapped}`;
}

function rateText(rate: bigint): string {
  return formatUnits(rate, 18).replace(/\.0$/, "");
}
