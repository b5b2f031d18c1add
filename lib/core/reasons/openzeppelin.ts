import { command } from "../recovery";

import { tokens } from "./reason";
import type { Reasons } from "./reason";

/** Errors of OpenZeppelin's ERC-20, permit, access control, timelock and ownership. */
export const OPENZEPPELIN_REASONS: Reasons = {
  EnforcedPause: {
    brief: "the token is paused there: try again once it is unpaused",
    passes: "after a fix",
    explain: ({ chain, mesh }) => ({
      why: `The token of ${chain} is paused: nothing moves there until it is unpaused.`,
      fixes: [
        {
          command: command("token unpause", { chain, mesh: mesh.name }),
          note: "after asking the guardian why it was paused",
        },
      ],
    }),
  },
  ExpectedPause: { brief: "the token is not paused: nothing is left to do", passes: "never" },
  ERC20InsufficientAllowance: {
    brief: "the allowance is too low: approve first",
    passes: "after a fix",
    explain: (context, { spender, allowance, needed }) => ({
      why: `${spender} may take ${tokens(context, allowance)} from ${context.transaction?.from ?? "the account"}, and needs ${tokens(context, needed)}.`,
      fixes: [
        {
          note: `approve ${tokens(context, needed)} for ${spender} on the token of ${context.chain}; \`bridge send\` does it by itself`,
        },
      ],
    }),
  },
  ERC20InsufficientBalance: {
    brief: "the balance is too low: use a smaller amount",
    passes: "after a fix",
    explain: (context, { sender, balance, needed }) => ({
      why: `${sender} has ${tokens(context, balance)}, and ${tokens(context, needed)} were to leave.`,
      fixes: [{ note: "send at most the balance" }],
    }),
  },
  InsufficientAllowance: {
    brief: "the allowance is too low: approve first",
    passes: "after a fix",
  },
  ERC20InvalidReceiver: {
    brief: "the token gives nothing to that address",
    passes: "never",
    explain: ({ chain, direction }, { receiver }) => ({
      why: `The token of ${chain} gives nothing to ${receiver ?? "that address"}.`,
      fixes: [
        {
          note:
            direction === "execution"
              ? "the shares stay in flight: no execution changes the receiver of a message"
              : "name another receiver",
        },
      ],
    }),
  },
  ERC20InvalidSpender: { brief: "the zero address is no spender: name another", passes: "never" },
  ERC2612ExpiredSignature: { brief: "the permit has expired: sign another", passes: "never" },
  ERC2612InvalidSigner: { brief: "the permit was signed by another account", passes: "never" },
  InvalidAccountNonce: { brief: "the permit was used already: sign another", passes: "never" },
  ECDSAInvalidSignature: { brief: "the signature is not valid: sign again", passes: "never" },
  ECDSAInvalidSignatureLength: { brief: "the signature is not valid: sign again", passes: "never" },
  ECDSAInvalidSignatureS: { brief: "the signature is not valid: sign again", passes: "never" },
  AccessControlBadConfirmation: {
    brief: "an account can give up its own roles only",
    passes: "never",
  },
  AccessControlEnforcedDefaultAdminDelay: {
    brief: "the change of the admin is not due yet: wait",
    passes: "by itself",
    explain: (_, { schedule }) => ({
      why: `The change of the admin may be accepted from ${schedule} (unix seconds) on.`,
      fixes: [{ note: "wait until then" }],
    }),
  },
  AccessControlEnforcedDefaultAdminRules: {
    brief: "the admin's role is handed over in two steps only",
    passes: "never",
  },
  AccessControlInvalidDefaultAdmin: {
    brief: "only the proposed admin may accept",
    passes: "after a fix",
  },
  OwnableUnauthorizedAccount: { brief: "only the owner may do this", passes: "after a fix" },
  OnlyCallableByOwner: { brief: "only the owner may do this", passes: "after a fix" },
  MustBeProposedOwner: { brief: "only the proposed owner may accept", passes: "after a fix" },
  TimelockInsufficientDelay: {
    brief: "the timelock's delay is longer: name at least its own",
    passes: "after a fix",
    explain: ({ chain }, { delay, minDelay }) => ({
      why: `The timelock of ${chain} asks for a delay of ${minDelay} s, and ${delay} s was named.`,
      fixes: [{ note: "name at least its own delay" }],
    }),
  },
  TimelockUnexpectedOperationState: {
    brief: "the timelock's operation is not due, or done already: look at its state",
    passes: "after a fix",
  },
  TimelockUnexecutedPredecessor: {
    brief: "another operation of the timelock has to be executed first",
    passes: "after a fix",
  },
  TimelockUnauthorizedCaller: { brief: "only the timelock itself may do this", passes: "never" },
  FailedCall: { brief: "a call of the timelock failed without a reason", passes: "after a fix" },
};
