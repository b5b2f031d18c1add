import { formatEther } from "ethers";

import { nativeSymbol } from "../chains";
import { formatDuration } from "../duration";
import { command } from "../recovery";
import type { Recovery } from "../recovery";

import { briefly } from "./reason";
import type { Reason, ReasonContext, Reasons } from "./reason";

/** Returns the way to lift a curse on `chain`. */
export function uncurse({ mesh, chain, peer, curse }: ReasonContext): Recovery {
  if (mesh.live) {
    const owner = curse?.owner === undefined ? "" : ` (${curse.owner} on ${chain})`;
    return { note: `only Chainlink's RMN can lift it${owner}: ask why it was cursed, and wait` };
  }
  const remote = curse?.what === "everything" ? undefined : peer;
  return {
    command: command("localnet uncurse", { chain, remote }),
    note: "lifts the curse on the local network",
  };
}

/** Returns what a curse on `chain` stops, in words. */
export function curseText({ chain, peer, direction, curse }: ReasonContext): string {
  return direction === "execution"
    ? `RMN curses the lane on ${chain}: CCIP executes nothing from ${peer} there.`
    : `The RMN of ${chain} curses ${curse?.what === "everything" ? "everything" : peer}: CCIP takes no message for it.`;
}

const CURSED: Reason = {
  brief: "CCIP's risk management has cursed the lane: wait until the curse is lifted",
  why: curseText,
  fixes: uncurse,
};

const ONLY_MORE_GAS: Reason = {
  brief: "the gas for the receiver can only be raised",
  why: ({ message }) =>
    `The gas for the receiver can only be raised: the message brings ${message?.gasLimit ?? "its own"}.`,
  fixes: "name more than that with --receiver-gas, or nothing",
};

const OUT_OF_GAS = "the transaction has too little gas: send it with a higher gas limit";
const REPLACED_ROUTER = "CCIP is moving the lane to another router: tell the operators";

const money = ({ chain, transaction }: ReasonContext) =>
  `${formatEther(transaction?.value ?? 0n)} ${nativeSymbol(chain)}`;
const duration = (seconds: string | undefined) => formatDuration(BigInt(seconds ?? 0));

/** Errors of CCIP's router, ramps, fee quoter and executor. */
export const CCIP_REASONS: Reasons = {
  CursedByRMN: CURSED,
  BadARMSignal: {
    brief: CURSED.brief,
    why: ({ chain }) => `The RMN of ${chain} curses everything: CCIP takes no message there.`,
    fixes: (context) => uncurse({ ...context, curse: { ...context.curse, what: "everything" } }),
  },
  InsufficientFeeTokenAmount: {
    brief: "the fee has risen meanwhile: quote again",
    passes: "by itself",
    why: (context) =>
      `The fee that was paid (${money(context)}) is below what CCIP asks: prices have moved since it was quoted, or nothing was quoted.`,
    fixes: "quote again right before sending (`bridge quote`, `bridge send`), and pay that",
  },
  InvalidMsgValue: {
    brief: "native money was sent with a message whose fee is paid in a token: send none",
    why: (context) => `${money(context)} was sent with a message whose fee is paid in a token.`,
  },
  UnsupportedDestinationChain: {
    brief: "CCIP's router has no lane there",
    why: ({ chain, peer }) => `CCIP's router on ${chain} has no lane to ${peer}.`,
    fixes: "check the selector: it is CCIP's, not the chain id",
  },
  DestinationChainNotEnabled: {
    brief: "CCIP has switched the lane off: ask Chainlink, and wait",
    why: ({ chain, peer }) => `CCIP has switched the lane from ${chain} to ${peer} off.`,
  },
  DestinationChainNotSupported: {
    brief: "CCIP has no lane there: ask Chainlink, and wait",
    why: ({ chain, peer }) => `CCIP on ${chain} has no lane to ${peer} through this ramp.`,
  },
  DestinationChainNotSupportedByCCV: {
    brief: "a verifier that the transfer needs does not serve the destination: tell the operators",
    why: ({ peer }, { ccvAddress }) => `The verifier ${ccvAddress} does not serve ${peer}.`,
    fixes: "have its owner add the chain, or have the pool's owner require another verifier",
  },
  InvalidDestChain: {
    brief: "CCIP's executor does not serve the destination: ask Chainlink, and wait",
    why: ({ chain, peer }) => `The executor of ${chain} does not serve ${peer}.`,
  },
  ExceedsMaxCCVs: {
    brief: "it needs more verifiers than CCIP's executor takes: tell the operators",
    why: (_, { provided, max }) =>
      `It needs ${provided} verifiers, and its executor takes ${max} at most.`,
    fixes: "require fewer verifiers for the lane (lanes.verifiers of the mesh file)",
  },
  InvalidCCV: {
    brief: "it needs a verifier that CCIP's executor does not take: tell the operators",
    why: (_, { ccv }) => `It needs the verifier ${ccv}, which its executor does not take.`,
    fixes: "ask Chainlink to allow it, or require another one (lanes.verifiers of the mesh file)",
  },
  SourceChainNotEnabled: {
    brief: "CCIP has switched the lane off: ask Chainlink, and wait",
    why: ({ chain, peer }) => `CCIP has switched the lane from ${peer} off on ${chain}.`,
  },
  StaleGasPrice: {
    brief: "CCIP has no recent gas price of the destination: wait until the DON has reported one",
    passes: "by itself",
    why: ({ chain, peer }, { timePassed, threshold }) =>
      `CCIP on ${chain} has had no gas price of ${peer} for ${duration(timePassed)}, and takes none older than ${duration(threshold)}.`,
  },
  NoGasPriceAvailable: {
    brief: "CCIP has no gas price of the destination: wait until one is reported",
    passes: "by itself",
    why: ({ chain, peer }) => `CCIP on ${chain} has no gas price of ${peer}.`,
  },
  MessageFeeTooHigh: {
    brief: "the fee is above CCIP's maximum: wait for a lower one",
    passes: "by itself",
    why: ({ chain }, { msgFeeJuels, maxFeeJuelsPerMsg }) =>
      `The fee on ${chain} is ${msgFeeJuels} juels, above CCIP's maximum of ${maxFeeJuelsPerMsg}.`,
  },
  TokenNotSupported: {
    brief: "CCIP has no price of the fee token: pay with the other one",
    passes: "by itself",
    why: ({ chain }, { token }) =>
      `CCIP on ${chain} has no price of ${token}, and names no fee without it.`,
    fixes: ({ chain }) =>
      `pay the fee in the other of ${nativeSymbol(chain)} and LINK, or wait for a price`,
  },
  FeeTokenNotSupported: {
    brief: "CCIP takes no fees in this token: pay in native money or LINK",
    why: (_, { token }) => `CCIP takes no fees in ${token}.`,
  },
  ManualExecutionNotYetEnabled: {
    brief:
      "CCIP still has time to execute it by itself: try again later, by then it has arrived or you may",
    passes: "by itself",
    why: ({ chain }) =>
      `A message that CCIP has not tried yet may be executed by hand on ${chain} only some hours after its commit.`,
    fixes: "`message doctor <message id>` says when",
  },
  InvalidManualExecutionGasLimit: ONLY_MORE_GAS,
  InvalidGasLimitOverride: ONLY_MORE_GAS,
  InvalidManualExecutionTokenGasOverride: {
    brief: "the gas for a pool can only be raised",
    why: (_, { oldLimit }) =>
      `The gas for a pool can only be raised: the message brings ${oldLimit}.`,
    fixes: "name more than that with --token-gas, or nothing",
  },
  ...briefly({
    MustBeCalledByRouter: REPLACED_ROUTER,
    OnlyOffRamp: REPLACED_ROUTER,
    SenderNotAllowed: "the lane takes messages of listed senders only: ask Chainlink",
    SourceTokenDataTooLarge:
      "the lane takes less pool data than the pool sends: ask Chainlink to allow 32 bytes",
    FailedToSendValue: "native money could not be sent to the account",
    MessageGasLimitTooHigh:
      "the gas limit for the receiver is more than the lane allows: ask for less, or 0 for tokens alone",
  }),
  ...briefly(
    {
      FeeExceedsMaxAllowed: "the fee is above CCIP's maximum: wait for a lower one",
      RootNotCommitted: "it is not committed yet: wait for CCIP, then try again",
      InsufficientGasToCompleteTx: OUT_OF_GAS,
      InsufficientGasForStaticCall: OUT_OF_GAS,
      NotEnoughGasForCall: OUT_OF_GAS,
      NoGasForCallExactCheck: OUT_OF_GAS,
    },
    "by itself",
  ),
  ...briefly(
    {
      CannotSendZeroTokens: "CCIP carries no transfer of zero tokens: send more",
      CanOnlySendOneTokenPerMessage: "CCIP carries one token per message",
      UnsupportedNumberOfTokens: "CCIP carries one token per message",
      MessageTooLarge: "the message is larger than the lane allows",
      FTFNotSupportedOnPoolV1:
        "the pool takes full finality only: send it without another finality",
      InvalidExtraArgsTag:
        "the lane does not know these extra arguments: ask for nothing beyond its CCIP version",
      InvalidRecipientAddress: "the receiver is not valid there",
      InvalidEVMAddress: "the receiver is not an address of an EVM chain",
      SkippedAlreadyExecutedMessage: "it is executed already: nothing is left to do",
    },
    "never",
  ),
};
