import { command } from "../recovery";
import { roleName } from "../roles";

import { apply, briefly, meshCommand, tokens } from "./reason";
import type { Reasons } from "./reason";

/** Errors of OpenZeppelin's ERC-20, permit, access control, timelock and ownership. */
export const OPENZEPPELIN_REASONS: Reasons = {
  EnforcedPause: {
    brief: "the token is paused there: try again once it is unpaused",
    why: ({ chain }) =>
      `The token of ${chain} is paused: nothing moves there until it is unpaused.`,
    fixes: ({ chain, mesh }) => ({
      command: command("token unpause", { chain, mesh: mesh.name }),
      note: "after asking the guardian why it was paused",
    }),
  },
  ERC20InsufficientAllowance: {
    brief: "the allowance is too low: approve first",
    why: (context, { spender, allowance, needed }) =>
      `${spender} may take ${tokens(context, allowance)} from ${context.transaction?.from ?? "the account"}, and needs ${tokens(context, needed)}.`,
    fixes: (context, { spender, needed }) =>
      `approve ${tokens(context, needed)} for ${spender} on the token of ${context.chain}; \`bridge send\` does it by itself`,
  },
  ERC20InsufficientBalance: {
    brief: "the balance is too low: use a smaller amount",
    why: (context, { sender, balance, needed }) =>
      `${sender} has ${tokens(context, balance)}, and ${tokens(context, needed)} were to leave.`,
  },
  ERC20InvalidReceiver: {
    brief: "the token gives nothing to that address",
    passes: "never",
    why: ({ chain }, { receiver }) =>
      `The token of ${chain} gives nothing to ${receiver ?? "that address"}.`,
    fixes: ({ direction }) =>
      direction === "execution"
        ? "the shares stay in flight: no execution changes the receiver of a message"
        : "name another receiver",
  },
  AccessControlUnauthorizedAccount: {
    brief: "this account does not have the role for it",
    why: ({ chain }, { account, neededRole }) =>
      `${account ?? "An account"} lacks ${roleName(neededRole ?? "0x")} on ${chain}.`,
    fixes: (context) =>
      context.direction === "execution"
        ? apply(context, "grants the role")
        : meshCommand(context, "roles show", "shows the holders: one of them has to sign"),
  },
  AccessControlEnforcedDefaultAdminDelay: {
    brief: "the change of the admin is not due yet: wait",
    passes: "by itself",
    why: (_, { schedule }) =>
      `The change of the admin may be accepted from ${schedule} (unix seconds) on.`,
  },
  TimelockInsufficientDelay: {
    brief: "the timelock's delay is longer: name at least its own",
    why: ({ chain }, { delay, minDelay }) =>
      `The timelock of ${chain} asks for a delay of ${minDelay} s, and ${delay} s was named.`,
  },
  ...briefly({
    AccessControlInvalidDefaultAdmin: "only the proposed admin may accept",
    OwnableUnauthorizedAccount: "only the owner may do this",
    OnlyCallableByOwner: "only the owner may do this",
    MustBeProposedOwner: "only the proposed owner may accept",
    TimelockUnexpectedOperationState:
      "the timelock's operation is not due, or done already: look at its state",
    TimelockUnexecutedPredecessor: "another operation of the timelock has to be executed first",
    FailedCall: "a call of the timelock failed without a reason",
  }),
  ...briefly(
    {
      ExpectedPause: "the token is not paused: nothing is left to do",
      ERC20InvalidSpender: "the zero address is not a spender: name another",
      ERC2612ExpiredSignature: "the permit has expired: sign another",
      ERC2612InvalidSigner: "the permit was signed by another account",
      InvalidAccountNonce: "the permit was used already: sign another",
      ECDSAInvalidSignature: "the signature is not valid: sign again",
      ECDSAInvalidSignatureLength: "the signature is not valid: sign again",
      ECDSAInvalidSignatureS: "the signature is not valid: sign again",
      AccessControlBadConfirmation: "an account can give up its own roles only",
      AccessControlEnforcedDefaultAdminRules: "the admin's role is handed over in two steps only",
      TimelockUnauthorizedCaller: "only the timelock itself may do this",
    },
    "never",
  ),
};
