import { formatGrowth } from "../growth";
import { timeText } from "../time";

import { addressIn, apply, briefly, meshCommand } from "./reason";
import type { Reason, ReasonContext, Reasons, Values } from "./reason";

const broadcastAgain = (context: ReasonContext) =>
  meshCommand(
    context,
    "rebase broadcast",
    "sends the index again; this message stays refused, and nothing is lost by it",
  );

/** A broadcast that this version of the receiver cannot read. */
const UNREADABLE_BROADCAST: Reason = {
  brief: "the receiver cannot read the broadcast: broadcast again",
  passes: "never",
  why: ({ chain }) =>
    `The receiver of ${chain} cannot read the broadcast: another version wrote it, or a contract outside of this mesh.`,
  fixes: broadcastAgain,
};

/** A value that the token refuses: of a broadcast on a satellite, of a rebase at home. */
function outOfBounds(brief: string, what: (values: Values) => string): Reason {
  return {
    brief,
    passes: "never",
    why: ({ chain }, values) =>
      `${what(values)} is out of bounds on ${chain}: ${values.min} to ${values.max}.`,
    fixes: (context) => (context.direction === "execution" ? broadcastAgain(context) : []),
  };
}

const growth = (value: string | undefined) => formatGrowth(BigInt(value ?? 0));
const time = (value: string | undefined) => timeText(BigInt(value ?? 0));

/** Errors of the controller, the broadcaster and the receiver. */
export const REBASE_REASONS: Reasons = {
  RebasePending: {
    brief: "a rebase is pending: wait until it has taken effect",
    passes: "by itself",
    why: (_, { epoch, effectiveAt }) =>
      `The rebase of epoch ${epoch} is pending until ${time(effectiveAt)}.`,
    fixes: "wait until it has taken effect, or have the admin replace or cancel it",
  },
  IntervalNotElapsed: {
    brief: "the last rebase is too recent",
    passes: "by itself",
    why: (_, { effectiveAt, earliest }) =>
      `It would take effect at ${time(effectiveAt)}, too soon after the last rebase: at the earliest at ${time(earliest)}.`,
    fixes: "wait, or name a longer delay",
  },
  GrowthFactorOutOfBounds: {
    brief: "the change is outside of the bounds of one rebase",
    why: (_, { growthFactor, min, max }) =>
      `A change of ${growth(growthFactor)} is outside of the bounds of one rebase, ${growth(min)} to ${growth(max)}.`,
    fixes: "use a smaller change, or have the admin widen the bounds",
  },
  DelayTooLong: {
    brief: "the delay is longer than allowed",
    why: (_, { delay, max }) =>
      `The delay of ${delay} s is longer than the ${max} s that are allowed.`,
    fixes: "name a shorter delay",
  },
  DelayTooShort: {
    brief: "a gain has to wait for the controller's delay; only a loss may take effect sooner",
    why: (_, { delay, min }) =>
      `The delay of ${delay} s is shorter than the ${min} s that a gain has to wait.`,
    fixes: "name a longer delay",
  },
  InsufficientFee: {
    brief: "the fee has risen meanwhile: quote again",
    passes: "by itself",
    why: (_, { selector, fee, available }) =>
      `The broadcast to selector ${selector} costs ${fee} wei of the fee token, and ${available} were available.`,
    fixes: "pay what `quote` returns, or approve as much LINK",
  },
  FeeAboveMaximum: {
    brief: "the lane asks for more than was quoted and a tenth more: quote again",
    passes: "by itself",
    why: (_, { fee, left }) =>
      `The lane asks for ${fee} wei of the fee token, and ${left} were left of what the payer allowed, or of the treasury's budget of the day.`,
    fixes:
      "nothing was charged: broadcast again with a higher `--fee-ceiling`, or wait for a lower fee",
  },
  InsufficientBalance: {
    brief: "the contract's balance is too low: fund it",
    why: (_, { balance, needed }) => `The contract has ${balance} wei, and ${needed} are needed.`,
  },
  UnknownDestination: {
    brief: "the broadcaster does not know that chain: have the owner add it",
    why: ({ chain }, { selector }) =>
      `The broadcaster of ${chain} has no destination with selector ${selector}.`,
    fixes: (context) => apply(context, "adds the destinations of the mesh file"),
  },
  InvalidRouter: {
    brief: "the receiver takes nothing from this router: tell the operators",
    why: ({ chain }, { router }) =>
      `CCIP handed it over through the router ${router ?? ""} of ${chain}, from which the receiver takes nothing: CCIP moved the lane to another router, or the receiver was given another one.`,
    fixes: (context) => apply(context, "names CCIP's router in the receiver"),
  },
  UnexpectedSource: {
    brief: "the receiver takes broadcasts from the home's broadcaster only",
    why: ({ chain, peer, message }, { sender }) =>
      message?.kind === "broadcast"
        ? `The receiver of ${chain} is not paired with the home's broadcaster.`
        : message?.kind === "proposal"
          ? `The proposal receiver of ${chain} is not paired with the home's proposal sender.`
          : `The receiver of ${chain} takes broadcasts from the home's broadcaster only; this is from ${addressIn(sender)} on ${peer}. Refusing it is right.`,
    fixes: (context) => {
      const { kind } = context.message ?? {};
      if (kind === "broadcast" || kind === "proposal") return apply(context, "pairs them again");
      if (kind !== "transfer") return [];
      return "the tokens that it carries stay in flight: no execution changes the receiver of a message, so whoever sent them has to ask the issuer of the token to make good for them";
    },
    isFinal: ({ message }) => message?.kind !== "broadcast" && message?.kind !== "proposal",
  },
  SharesPerTokenOutOfBounds: outOfBounds(
    "the index would leave its bounds",
    ({ sharesPerToken }) => `The index of ${sharesPerToken} shares per token unit`,
  ),
  EffectiveAtOutOfBounds: outOfBounds(
    "the time at which it takes effect is out of bounds",
    ({ effectiveAt }) => `The time ${effectiveAt} (unix seconds) at which it takes effect`,
  ),
  InvalidBroadcastLength: UNREADABLE_BROADCAST,
  UnsupportedBroadcastVersion: UNREADABLE_BROADCAST,
  InvalidBroadcastPadding: UNREADABLE_BROADCAST,
  ...briefly({
    NoRebasePending: "no rebase is pending: nothing is there to replace or cancel",
    InvalidConfig: "the configuration contradicts itself",
    GasLimitOutOfBounds: "the gas limit of a destination is out of bounds",
    NoMessageId: "CCIP returned no message id: the router is not CCIP's",
    NotARouter: "the account is not a router of CCIP: name CCIP's router",
    RefundFailed:
      "the payer does not take back what was left of the fee: pay the exact fee, or from an account that takes native money",
    RepeatedDestination: "a destination is listed twice: list it once",
    UnexpectedValue: "native money was sent with a broadcast that is paid otherwise: send none",
    UnsupportedFeeToken: "the fee is paid in native money or LINK only",
    InvalidBand:
      "the receiver's band contradicts itself: name an interval, a loss below everything, and at least as many steps by hand as by itself, 32 at most",
    NotQuarantined: "the receiver holds back no broadcast with these values: read it again",
    BroadcastWasRejected:
      "the guardian has rejected the broadcast: only the receiver's owner may accept it",
    BeyondBandByHand:
      "the index is further away than the unpauser may accept: only the receiver's owner may accept it",
    MissingTokenRole: "the account lacks the role on the token that this takes",
    NotifierOfAnotherToken: "the notifier is for another token: name the one of this token",
  }),
  ...briefly(
    {
      NotHomeToken: "the token is not a home's token",
      NotSatelliteToken: "the token is not a satellite's token",
      BroadcastValueTooLarge: "the index does not fit a broadcast",
      RouterUnchanged: "it is the router already: nothing is left to do",
      NoPreviousRouter: "there is no previous router: nothing is left to do",
      OnlySelf: "only the contract itself may call this",
      ZeroValue: "zero is not a valid value here",
    },
    "never",
  ),
};
