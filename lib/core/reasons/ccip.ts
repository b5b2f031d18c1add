import { formatEther } from "ethers";

import { nativeSymbol } from "../chains";
import { formatDuration } from "../duration";
import { command } from "../recovery";
import type { Recovery } from "../recovery";

import type { Curse, Reason, ReasonContext, Reasons, Values } from "./reason";

/** Returns the way to lift a curse on `chain`. */
export function uncurse({ mesh, chain, peer, curse }: ReasonContext, what = curse?.what): Recovery {
  if (mesh.live) {
    const owner = curse?.owner === undefined ? "" : ` (${curse.owner} on ${chain})`;
    return { note: `only Chainlink's RMN can lift it${owner}: ask why it was cursed, and wait` };
  }
  const remote = what === "everything" ? undefined : peer;
  return {
    command: command("localnet uncurse", { chain, remote }),
    note: "lifts the curse on the local network",
  };
}

/** Returns what a curse on `chain` stops, in words. */
export function curseText(context: ReasonContext, what: Curse | undefined = context.curse?.what) {
  const { chain, peer, direction } = context;
  return direction === "execution"
    ? `RMN curses the lane on ${chain}: CCIP executes nothing from ${peer} there.`
    : `The RMN of ${chain} curses ${what === "everything" ? what : peer}: CCIP takes no message for it.`;
}

const CURSED: Reason = {
  brief: "CCIP's risk management has cursed the lane: wait until the curse is lifted",
  passes: "after a fix",
  explain: (context) => ({ why: curseText(context), fixes: [uncurse(context)] }),
};

/** An error whose cause is one sentence, with a note on what to do. */
function simple(
  brief: string,
  passes: Reason["passes"],
  why: (context: ReasonContext, values: Values) => string,
  note?: (context: ReasonContext, values: Values) => string,
): Reason {
  return {
    brief,
    passes,
    explain: (context, values) => ({
      why: why(context, values),
      fixes: note ? [{ note: note(context, values) }] : [],
    }),
  };
}

const money = ({ chain, transaction }: ReasonContext) =>
  `${formatEther(transaction?.value ?? 0n)} ${nativeSymbol(chain)}`;

const ONLY_MORE_GAS = simple(
  "the gas for the receiver can only be raised",
  "after a fix",
  ({ message }) =>
    `The gas for the receiver can only be raised: the message brings ${message?.gasLimit ?? "its own"}.`,
  () => "name more than that with --receiver-gas, or nothing",
);

const OUT_OF_GAS: Reason = {
  brief: "the transaction has too little gas: send it with a higher gas limit",
  passes: "by itself",
};

const REPLACED_ROUTER: Reason = {
  brief: "CCIP is moving the lane to another router: tell the operators",
  passes: "after a fix",
};

/** Errors of CCIP's router, ramps and fee quoter. */
export const CCIP_REASONS: Reasons = {
  CursedByRMN: CURSED,
  BadARMSignal: {
    ...CURSED,
    explain: (context) => ({
      why: `The RMN of ${context.chain} curses everything: CCIP takes no message there.`,
      fixes: [uncurse(context, "everything")],
    }),
  },
  InsufficientFeeTokenAmount: simple(
    "the fee has risen meanwhile: quote again",
    "by itself",
    (context) =>
      `The fee that was paid (${money(context)}) is below what CCIP asks: prices have moved since it was quoted, or nothing was quoted.`,
    () => "quote again right before sending (`bridge quote`, `bridge send`), and pay that",
  ),
  InvalidMsgValue: simple(
    "native money was sent with a message whose fee is paid in a token: send none",
    "after a fix",
    (context) => `${money(context)} was sent with a message whose fee is paid in a token.`,
  ),
  UnsupportedDestinationChain: simple(
    "CCIP's router has no lane there",
    "after a fix",
    ({ chain, peer }) => `CCIP's router on ${chain} has no lane to ${peer}.`,
    () => "check the selector: it is CCIP's, not the chain id",
  ),
  DestinationChainNotEnabled: simple(
    "CCIP has switched the lane off: wait",
    "after a fix",
    ({ chain, peer }) => `CCIP has switched the lane from ${chain} to ${peer} off.`,
    () => "ask Chainlink, and wait",
  ),
  DestinationChainNotSupported: simple(
    "CCIP has no lane there: wait",
    "after a fix",
    ({ chain, peer }) => `CCIP on ${chain} has no lane to ${peer} through this ramp.`,
    () => "ask Chainlink, and wait",
  ),
  DestinationChainNotSupportedByCCV: simple(
    "a verifier that the transfer needs does not serve the destination: tell the operators",
    "after a fix",
    ({ peer }, { ccvAddress }) => `The verifier ${ccvAddress} does not serve ${peer}.`,
    () => "have its owner add the chain, or have the pool's owner require another verifier",
  ),
  SourceChainNotEnabled: simple(
    "CCIP has switched the lane off: wait",
    "after a fix",
    ({ chain, peer }) => `CCIP has switched the lane from ${peer} off on ${chain}.`,
    () => "ask Chainlink, and wait",
  ),
  MustBeCalledByRouter: REPLACED_ROUTER,
  OnlyOffRamp: REPLACED_ROUTER,
  SenderNotAllowed: {
    brief: "the lane takes messages of listed senders only: ask Chainlink",
    passes: "after a fix",
  },
  StaleGasPrice: simple(
    "CCIP has no recent gas price of the destination: wait",
    "by itself",
    ({ chain, peer }, { timePassed, threshold }) =>
      `CCIP on ${chain} has had no gas price of ${peer} for ${formatDuration(BigInt(timePassed ?? 0))}, and takes none older than ${formatDuration(BigInt(threshold ?? 0))}.`,
    () => "wait until the DON has reported one",
  ),
  NoGasPriceAvailable: simple(
    "CCIP has no gas price of the destination: wait",
    "by itself",
    ({ chain, peer }) => `CCIP on ${chain} has no gas price of ${peer}.`,
    () => "wait until one is reported",
  ),
  MessageFeeTooHigh: simple(
    "the fee is above CCIP's maximum: wait for a lower one",
    "by itself",
    ({ chain }, { msgFeeJuels, maxFeeJuelsPerMsg }) =>
      `The fee on ${chain} is ${msgFeeJuels} juels, above CCIP's maximum of ${maxFeeJuelsPerMsg}.`,
    () => "wait for a lower gas price",
  ),
  FeeExceedsMaxAllowed: {
    brief: "the fee is above CCIP's maximum: wait for a lower one",
    passes: "by itself",
  },
  TokenNotSupported: simple(
    "CCIP has no price of the fee token: pay with the other one",
    "by itself",
    ({ chain }, { token }) =>
      `CCIP on ${chain} has no price of ${token}, and names no fee without it.`,
    ({ chain }) =>
      `pay the fee in the other of ${nativeSymbol(chain)} and LINK, or wait for a price`,
  ),
  FeeTokenNotSupported: simple(
    "CCIP takes no fees in this token: pay in native money or LINK",
    "after a fix",
    (_, { token }) => `CCIP takes no fees in ${token}.`,
    ({ chain }) => `pay in ${nativeSymbol(chain)} or in LINK`,
  ),
  CannotSendZeroTokens: simple(
    "CCIP carries no transfer of zero tokens: send more",
    "never",
    () => "CCIP carries no transfer of zero tokens.",
    () => "send more than nothing",
  ),
  CanOnlySendOneTokenPerMessage: { brief: "CCIP carries one token per message", passes: "never" },
  UnsupportedNumberOfTokens: { brief: "CCIP carries one token per message", passes: "never" },
  MessageGasLimitTooHigh: simple(
    "the gas limit for the receiver is more than the lane allows: ask for less",
    "after a fix",
    () => "The gas limit for the receiver is more than the lane allows.",
    () => "ask for less: a plain transfer of tokens needs 0",
  ),
  MessageTooLarge: { brief: "the message is larger than the lane allows", passes: "never" },
  SourceTokenDataTooLarge: {
    brief: "the lane takes less pool data than the pool sends: ask Chainlink to allow 32 bytes",
    passes: "after a fix",
  },
  FTFNotSupportedOnPoolV1: {
    brief: "the pool takes full finality only: send it without another finality",
    passes: "never",
  },
  InvalidExtraArgsTag: {
    brief: "the lane does not know these extra arguments: ask for nothing beyond its CCIP version",
    passes: "never",
  },
  InvalidRecipientAddress: { brief: "the receiver is not valid there", passes: "never" },
  InvalidEVMAddress: { brief: "the receiver is not an address of an EVM chain", passes: "never" },
  FailedToSendValue: {
    brief: "native money could not be sent to the account",
    passes: "after a fix",
  },
  ManualExecutionNotYetEnabled: simple(
    "CCIP still has time to execute it by itself: try again later, by then it has arrived or you may",
    "by itself",
    ({ chain }) =>
      `A message that CCIP has not tried yet may be executed by hand on ${chain} only some hours after its commit.`,
    () => "`message doctor <message id>` says when",
  ),
  InvalidManualExecutionGasLimit: ONLY_MORE_GAS,
  InvalidGasLimitOverride: ONLY_MORE_GAS,
  InvalidManualExecutionTokenGasOverride: simple(
    "the gas for a pool can only be raised",
    "after a fix",
    (_, { oldLimit }) => `The gas for a pool can only be raised: the message brings ${oldLimit}.`,
    () => "name more than that with --token-gas, or nothing",
  ),
  RootNotCommitted: {
    brief: "it is not committed yet: wait for CCIP, then try again",
    passes: "by itself",
  },
  SkippedAlreadyExecutedMessage: {
    brief: "it is executed already: nothing is left to do",
    passes: "never",
  },
  InsufficientGasToCompleteTx: OUT_OF_GAS,
  InsufficientGasForStaticCall: OUT_OF_GAS,
  NotEnoughGasForCall: OUT_OF_GAS,
  NoGasForCallExactCheck: OUT_OF_GAS,
};
