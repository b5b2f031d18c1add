import { ZeroAddress, formatEther } from "ethers";

import { exactTokens } from "../core/amount";
import { feeSymbol, nativeSymbol } from "../core/chains";
import { MAX_SHARES } from "../core/units";

import type { Obstacle } from "./obstacle";
import type { FeeToken, Quote } from "./quote";

/** Returns the obstacles in the amount itself. */
export function amountObstacles({ amount, shares, source: { chain } }: Quote): Obstacle[] {
  if (shares <= MAX_SHARES) return [];
  const most = (MAX_SHARES * amount) / shares;
  return [
    {
      code: "amount",
      what: `${exactTokens(amount)} tokens cannot exist on ${chain} at its current index.`,
      recovery: `Send at most ${exactTokens(most)} tokens.`,
    },
  ];
}

/** Returns the obstacles in the receiver address, where the tokens would be out of reach. */
export function receiverObstacles(
  { receiver, destination: { chain, pool: registered } }: Quote,
  { token, pool }: { readonly token: string; readonly pool: string },
): Obstacle[] {
  const recovery = "Name an account that can hold tokens with --receiver.";
  if (receiver === ZeroAddress) {
    return [{ code: "receiver", what: "The receiver is the zero address.", recovery }];
  }
  if (![token, pool, registered].includes(receiver)) return [];
  const what = `The receiver ${receiver} is ${receiver === token ? "the token" : "a pool"} of ${chain}: only its admin could get the tokens out again.`;
  return [{ code: "receiver", what, recovery }];
}

/** Returns the obstacles in the balances of the sending account. */
export function fundObstacles(
  { source: { chain, epoch }, amount, fees, balances }: Quote,
  feeToken: FeeToken | undefined,
): Obstacle[] {
  if (!balances) return [];
  const { account, balance, native, link } = balances;
  const fee = feeToken && fees[feeToken].amount;
  const obstacles: Obstacle[] = [];
  const short = (what: string, recovery: string) =>
    obstacles.push({ code: "funds", what: `${account} has ${what}`, recovery });
  if (epoch > 0n && balance < amount) {
    short(
      `${exactTokens(balance)} tokens on ${chain}, and ${exactTokens(amount)} should leave.`,
      balance === 0n
        ? "Name the account that holds them with --account."
        : "Send less, or name another account with --account.",
    );
  }
  if (fee !== undefined && feeToken && fee > (feeToken === "link" ? link : native)) {
    const [held, other] = feeToken === "link" ? [link, "native"] : [native, "link"];
    short(
      `${formatEther(held)} ${feeSymbol(chain, feeToken)} on ${chain}, and the fee is ${formatEther(fee)}.`,
      `Fund it, or pay with --fee-token ${other}.`,
    );
  }
  if (native === 0n) short(`no ${nativeSymbol(chain)} on ${chain} to pay gas with.`, "Fund it.");
  return obstacles;
}

/** Returns the obstacles in the fee, where CCIP quotes none. */
export function feeObstacles({ source: { chain }, fees }: Quote, feeToken?: FeeToken): Obstacle[] {
  const wanted: readonly FeeToken[] = feeToken ? [feeToken] : ["native", "link"];
  return wanted.flatMap((token) => {
    const { refusal } = fees[token];
    if (refusal === undefined) return [];
    const what = `CCIP on ${chain} names no fee in ${feeSymbol(chain, token)}: ${refusal}.`;
    return [{ code: "fee" as const, what, recovery: "Try the other fee token, or wait." }];
  });
}
