import type { DeployedChain } from "../deployments";
import { limitText } from "./lanes";
import type { TokenBucket } from "./lanes";
import { chainLabel, tokens } from "./words";

/** Facts about a lane and an account that decide whether a transfer can be sent. */
export interface TransferFacts {
  readonly source: DeployedChain;
  readonly destination: DeployedChain;
  readonly symbol: string;
  readonly amount: bigint;
  /** Token balance of the account, in token units. */
  readonly balance: bigint;
  readonly isCursed: boolean;
  readonly isPaused: { readonly here: boolean; readonly there: boolean };
  /** Rate limits at both ends, with their current levels. */
  readonly outbound: TokenBucket;
  readonly inbound: TokenBucket;
  /** The quoted fee, and the account's balance of its currency. */
  readonly fee: { readonly quoted: bigint | undefined; readonly held: bigint };
  readonly feeSymbol: string;
  /** Symbol of the alternative fee currency, if there is one. */
  readonly otherCurrency: string | undefined;
}

/** Describes why a transfer cannot be sent, and the fix; undefined if no obstacle is known. */
export function transferObstacle(facts: TransferFacts): string | undefined {
  const { source, destination, symbol, amount, balance, isPaused, fee, feeSymbol } = facts;
  if (facts.isCursed)
    return "CCIP's risk management has cursed this lane: nothing can cross until the curse is lifted. Use another lane, or wait.";
  if (isPaused.here)
    return `The token is paused on ${chainLabel(source.name)}: nothing moves there until it is unpaused.`;
  if (isPaused.there)
    return `The token is paused on ${chainLabel(destination.name)}: a transfer would wait there until it is unpaused.`;
  if (amount > balance)
    return `You have ${tokens(balance, symbol, 6)} on ${chainLabel(source.name)}: send at most that.`;
  const limit =
    limitText(facts.outbound, amount, symbol, "outbound") ??
    limitText(facts.inbound, amount, symbol, "inbound");
  if (limit) return limit;
  if (fee.quoted === undefined || fee.held >= fee.quoted) return undefined;
  const orPay = facts.otherCurrency === undefined ? "" : `, or pay in ${facts.otherCurrency}`;
  return `The fee is ${tokens(fee.quoted, feeSymbol, 6)}, you have ${tokens(fee.held, "", 6)}: top it up${orPay}.`;
}
