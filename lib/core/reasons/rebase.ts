import { timeText } from "../time";
import { command } from "../recovery";
import { formatGrowth } from "../growth";

import { addressIn, apply } from "./reason";
import type { Reason, Reasons, Values } from "./reason";

/** A broadcast that this version of the receiver cannot read. */
const UNREADABLE_BROADCAST: Reason = {
  brief: "the receiver cannot read the broadcast: broadcast again",
  passes: "never",
  explain: ({ chain, mesh }) => ({
    why: `The receiver of ${chain} cannot read the broadcast: another version wrote it, or a contract outside of this mesh.`,
    fixes: [
      {
        command: command("rebase broadcast", { mesh: mesh.name }),
        note: "sends the index again; this message stays refused, and nothing is lost by it",
      },
    ],
  }),
};

/** A value that the token refuses: of a broadcast on a satellite, of a rebase at home. */
function outOfBounds(brief: string, what: (values: Values) => string): Reason {
  return {
    brief,
    passes: "never",
    explain: (context, values) => ({
      ...(context.direction === "execution" && UNREADABLE_BROADCAST.explain?.(context, values)),
      why: `${what(values)} is out of bounds on ${context.chain}: ${values.min} to ${values.max}.`,
    }),
  };
}

const growth = (value: string | undefined) => formatGrowth(BigInt(value ?? 0));

/** Errors of the controller, the broadcaster and the receiver. */
export const REBASE_REASONS: Reasons = {
  RebasePending: {
    brief: "a rebase is pending: wait until it has taken effect",
    passes: "by itself",
    explain: (_, { epoch, effectiveAt }) => ({
      why: `The rebase of epoch ${epoch} is pending until ${timeText(BigInt(effectiveAt ?? 0))}.`,
      fixes: [{ note: "wait until it has taken effect, or have the admin replace or cancel it" }],
    }),
  },
  NoRebasePending: {
    brief: "no rebase is pending: nothing is there to replace or cancel",
    passes: "after a fix",
  },
  IntervalNotElapsed: {
    brief: "the last rebase is too recent",
    passes: "by itself",
    explain: (_, { effectiveAt, earliest }) => ({
      why: `It would take effect at ${timeText(BigInt(effectiveAt ?? 0))}, too soon after the last rebase: at the earliest at ${timeText(BigInt(earliest ?? 0))}.`,
      fixes: [{ note: "wait, or name a longer delay" }],
    }),
  },
  GrowthFactorOutOfBounds: {
    brief: "the change is outside of the bounds of one rebase",
    passes: "after a fix",
    explain: (_, { growthFactor, min, max }) => ({
      why: `A change of ${growth(growthFactor)} is outside of the bounds of one rebase, ${growth(min)} to ${growth(max)}.`,
      fixes: [{ note: "use a smaller change, or have the admin widen the bounds" }],
    }),
  },
  DelayTooLong: {
    brief: "the delay is longer than allowed",
    passes: "after a fix",
    explain: (_, { delay, max }) => ({
      why: `The delay of ${delay} s is longer than the ${max} s that are allowed.`,
      fixes: [{ note: "name a shorter delay" }],
    }),
  },
  DelayTooShort: {
    brief: "a gain has to wait for the controller's delay; only a loss may take effect sooner",
    passes: "after a fix",
    explain: (_, { delay, min }) => ({
      why: `The delay of ${delay} s is shorter than the ${min} s that a gain has to wait.`,
      fixes: [{ note: "name a longer delay" }],
    }),
  },
  InvalidConfig: { brief: "the configuration contradicts itself", passes: "after a fix" },
  NotHomeToken: { brief: "the token is not a home's token", passes: "never" },
  NotSatelliteToken: { brief: "the token is not a satellite's token", passes: "never" },
  BroadcastValueTooLarge: { brief: "the index does not fit a broadcast", passes: "never" },
  InsufficientFee: {
    brief: "the fee has risen meanwhile: quote again",
    passes: "by itself",
    explain: (_, { selector, fee, available }) => ({
      why: `The broadcast to selector ${selector} costs ${fee} wei of the fee token, and ${available} were available.`,
      fixes: [{ note: "pay what `quote` returns, or approve as much LINK" }],
    }),
  },
  FeeAboveMaximum: {
    brief: "the lane asks for more than was quoted and a tenth more: quote again",
    passes: "by itself",
    explain: (_, { fee, left }) => ({
      why: `The lane asks for ${fee} wei of the fee token, and ${left} were left of what the payer allowed, or of the treasury's budget of the day.`,
      fixes: [
        {
          note: "nothing was charged: broadcast again with a higher `--fee-ceiling`, or wait for a lower fee",
        },
      ],
    }),
  },
  InsufficientBalance: {
    brief: "the contract's balance is too low: fund it",
    passes: "after a fix",
    explain: (_, { balance, needed }) => ({
      why: `The contract has ${balance} wei, and ${needed} are needed.`,
      fixes: [{ note: "fund it" }],
    }),
  },
  GasLimitOutOfBounds: {
    brief: "the gas limit of a destination is out of bounds",
    passes: "after a fix",
  },
  NoMessageId: {
    brief: "CCIP returned no message id: the router is not CCIP's",
    passes: "after a fix",
  },
  NotARouter: {
    brief: "the account is no router of CCIP: name CCIP's router",
    passes: "after a fix",
  },
  RouterUnchanged: { brief: "it is the router already: nothing is left to do", passes: "never" },
  NoPreviousRouter: {
    brief: "there is no previous router: nothing is left to do",
    passes: "never",
  },
  OnlySelf: { brief: "only the contract itself may call this", passes: "never" },
  RefundFailed: {
    brief:
      "the payer does not take back what was left of the fee: pay the exact fee, or from an account that takes native money",
    passes: "after a fix",
  },
  RepeatedDestination: {
    brief: "a destination is listed twice: list it once",
    passes: "after a fix",
  },
  UnexpectedValue: {
    brief: "native money was sent with a broadcast that is paid otherwise: send none",
    passes: "after a fix",
  },
  UnknownDestination: {
    brief: "the broadcaster does not know that chain: have the owner add it",
    passes: "after a fix",
    explain: (context, { selector }) => ({
      why: `The broadcaster of ${context.chain} has no destination with selector ${selector}.`,
      fixes: [apply(context, "adds the destinations of the mesh file")],
    }),
  },
  UnsupportedFeeToken: {
    brief: "the fee is paid in native money or LINK only",
    passes: "after a fix",
  },
  ZeroValue: { brief: "zero is not a valid value here", passes: "never" },
  InvalidRouter: {
    brief: "the receiver takes nothing from this router: tell the operators",
    passes: "after a fix",
    explain: (context, { router }) => ({
      why: `CCIP handed it over through the router ${router ?? ""} of ${context.chain}, from which the receiver takes nothing: CCIP moved the lane to another router, or the receiver was given another one.`,
      fixes: [apply(context, "names CCIP's router in the receiver")],
    }),
  },
  UnexpectedSource: {
    brief: "the receiver takes broadcasts from the home's broadcaster only",
    passes: "after a fix",
    explain: (context, { sender }) => {
      const { chain, peer, message } = context;
      if (message?.kind === "broadcast") {
        return {
          why: `The receiver of ${chain} is not paired with the home's broadcaster.`,
          fixes: [apply(context, "pairs them again")],
        };
      }
      return {
        why: `The receiver of ${chain} takes broadcasts from the home's broadcaster only; this is from ${addressIn(sender)} on ${peer}. Refusing it is right.`,
        fixes:
          message?.kind === "transfer"
            ? [
                {
                  note: `the tokens that it carries stay in flight: no execution changes the receiver of a message, so whoever sent them has to ask the issuer of the token to make good for them`,
                },
              ]
            : [],
        isFinal: true,
      };
    },
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
};
