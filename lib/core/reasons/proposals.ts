import { briefly, meshCommand } from "./reason";
import type { Reasons } from "./reason";

/** Errors of the sender and the receivers of proposals. */
export const PROPOSAL_REASONS: Reasons = {
  ProposalOutdated: {
    brief: "the proposal has expired: propose it again",
    passes: "never",
    why: (_, { validUntil }) =>
      `The proposal could be scheduled until ${validUntil} (unix seconds): no receiver would schedule it any more.`,
    fixes: (context) =>
      meshCommand(context, "mesh apply", "proposes again what the mesh file asks for"),
  },
  UnknownProposal: {
    brief: "home made no such proposal: take nonce and payload from its event",
    passes: "never",
    why: ({ chain }, { selector, nonce }) =>
      `The proposal sender of ${chain} has made no proposal ${nonce} with this payload for the chain with selector ${selector}.`,
    fixes: (context) => meshCommand(context, "proposals show", "lists the proposals by nonce"),
  },
  NotCanceller: {
    brief: "only who may cancel at the timelock may cancel a proposal",
    why: ({ chain }, { account }) => `${account} lacks CANCELLER_ROLE of the timelock on ${chain}.`,
    fixes: (context) =>
      meshCommand(context, "roles show", "shows the holders: one of them has to sign"),
  },
  ...briefly({
    LaneFailed: "the lane did not take the proposal: the reason is in the error",
  }),
  ...briefly(
    {
      InvalidBatch: "no timelock takes this batch: give it a call, and lists of equal length",
      UnsupportedProposalVersion: "the receiver does not know this version: deploy a newer one",
      NothingToCancel: "the proposal was cancelled or has expired: nothing is left to do",
    },
    "never",
  ),
};
