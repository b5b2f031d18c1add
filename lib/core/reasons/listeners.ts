import { apply, briefly } from "./reason";
import type { Reasons } from "./reason";

/** Errors of the notifier and of the PairSyncer. */
export const LISTENER_REASONS: Reasons = {
  NotEnoughGas: {
    brief:
      "the pair syncer has too little gas for its pairs: raise listeners.pairSyncer.gas in the mesh file",
    why: ({ chain }, { left, pairs }) =>
      `The pair syncer of ${chain} had ${left} gas left for ${pairs} pairs.`,
    fixes: (context) => [
      "raise listeners.pairSyncer.gas in the mesh file",
      apply(context, "gives it the gas"),
    ],
  },
  ListenerGasOutOfBounds: {
    brief: "the gas of a listener is out of bounds: change it in the mesh file",
    why: (_, { gasLimit, min, max }) =>
      `A listener would have ${gasLimit} gas, and beside the others it may have ${min} to ${max}.`,
  },
  ...briefly({
    NotAContract: "there is no code at the address: deploy the contract first",
    UnknownListener: "the account is no listener: nothing is left to remove",
    PairKnown: "the pair is registered already: nothing is left to do",
    UnknownPair: "the pair is not registered: nothing is left to remove",
  }),
};
