import { apply, briefly } from "./reason";
import type { Reasons } from "./reason";

/** Errors of the wrapper and the wrapped bridge. */
export const WRAPPED_REASONS: Reasons = {
  DeliveryGasTooLow: {
    brief: "too little gas was left to wrap what arrived: execute the message again with more",
    why: ({ chain }, { left, needed }) =>
      `The wrapped bridge of ${chain} had ${left} gas left, and wraps with ${needed} at least: with less, wrapped units would arrive as plain tokens.`,
    fixes: () => [],
  },
  UnknownRemote: {
    brief: "the wrapped bridge does not know that chain: have its owner add it",
    why: ({ chain }, { selector }) =>
      `The wrapped bridge of ${chain} knows no bridge on the chain with selector ${selector}.`,
    fixes: (context) => apply(context, "pairs the bridges of the mesh file"),
  },
  ...briefly({
    BelowMinimum: "fewer wrapped units would arrive than are demanded: lower the minimum",
    ERC4626ExceededMaxDeposit:
      "more than can be wrapped: the token is unsynced or paused, or no more can exist",
    ERC4626ExceededMaxMint:
      "more than can be wrapped: the token is unsynced or paused, or no more can exist",
    ERC4626ExceededMaxRedeem:
      "more than the account has, or the token is unsynced or paused: unwrap less",
    ERC4626ExceededMaxWithdraw:
      "more than the account has, or the token is unsynced or paused: unwrap less",
    NoDataPresent: "the feed does not know that round: its index was never recorded on this chain",
    NothingToClaim: "nothing is kept for the account: nothing is left to do",
  }),
};
