import { command } from "../recovery";
import { roleName } from "../roles";

import { addressIn, apply, tokens } from "./reason";
import type { Reason, ReasonContext, Reasons } from "./reason";

const audit = ({ mesh }: ReasonContext, note: string) => ({
  command: command("supply audit", { mesh: mesh.name }),
  note,
});

/** Pool data that this version of the pool cannot read. */
const UNREADABLE_TRANSFER: Reason = {
  brief: "another version of the pool sent it: tell the operators",
  passes: "never",
  explain: (context) => ({
    why: `The pool of ${context.chain} cannot read what ${context.message?.sourcePool ?? "the pool"} on ${context.peer} sent: it was written by another version of the pool, or by a pool outside of this mesh.`,
    fixes: [
      {
        command: command("mesh check", { mesh: context.mesh.name }),
        note: "names the pool that differs from the mesh file",
      },
      { note: "a message cannot be changed; a pool that reads it can be deployed (pool replace)" },
    ],
  }),
};

/** Errors of `RebaseToken`, `RebaseTokenPool` and the libraries of both. */
export const TOKEN_REASONS: Reasons = {
  Unsynced: {
    brief: "no broadcast has reached that chain yet: broadcast first, then try again",
    passes: "after a fix",
    explain: ({ chain, mesh }) => ({
      why: `${chain} has no index yet: no broadcast has reached it.`,
      fixes: [
        {
          command: command("rebase broadcast", { mesh: mesh.name }),
          note: "and wait until it has been executed there",
        },
      ],
    }),
  },
  SharesExceedOutstanding: {
    brief: "more shares would return home than are outstanding: tell the operators",
    passes: "never",
    explain: (context, { shares, abroad }) => ({
      why: `It returns ${shares} shares to home, and only ${abroad} are outstanding: more has returned than ever left. A satellite was forged, or honest returns are late behind a forged one.`,
      fixes: [
        audit(context, "counts all shares, and names the chain that has too many"),
        {
          note: "home refuses until the issuer has settled it: see SECURITY.md on a forged satellite",
        },
      ],
    }),
  },
  SharesExceedRange: {
    brief: "more shares than can exist: tell the operators",
    passes: "never",
    explain: (context, { shares, available }) => ({
      why: `${shares} shares do not fit on ${context.chain}, which has room for ${available} more: no honest chain sends so many.`,
      fixes: [audit(context, "counts all shares")],
    }),
  },
  AmountExceedsShareRange: {
    brief: "it is more than can exist: use a smaller amount",
    passes: "never",
    explain: (context, { amount }) => ({
      why: `${tokens(context, amount)} cannot exist at the index of ${context.chain}.`,
      fixes: [{ note: "use a smaller amount" }],
    }),
  },
  InsufficientShares: {
    brief: "the account holds too few shares: use a smaller amount",
    passes: "after a fix",
    explain: (_, { account, held, needed }) => ({
      why: `${account} holds ${held} shares, and ${needed} are needed.`,
      fixes: [{ note: "use a smaller amount" }],
    }),
  },
  NotRecoverable: {
    brief:
      "its tokens cannot be recovered: only those on the token, or of a contract that asks for it, can",
    passes: "never",
  },
  NotHome: { brief: "only the home chain does this: use the home's token", passes: "never" },
  NotSatellite: { brief: "only a satellite does this", passes: "never" },
  StaleEpoch: {
    brief: "the chain has this epoch, or a newer one: nothing is left to do",
    passes: "never",
    explain: ({ chain }, { epoch, current }) => ({
      why: `${chain} is at epoch ${current}, and this would set epoch ${epoch}: nothing is left to do.`,
    }),
  },
  UnexpectedEpoch: {
    brief: "another rebase came first: read the state again",
    passes: "after a fix",
    explain: ({ chain }, { epoch, expected }) => ({
      why: `It would create epoch ${epoch} on ${chain}, where ${expected} is next: another rebase came first.`,
      fixes: [{ note: "read the state again, and decide anew" }],
    }),
  },
  InvalidPoolDataLength: UNREADABLE_TRANSFER,
  UnsupportedPoolDataVersion: UNREADABLE_TRANSFER,
  UnexpectedPoolDataDecimals: UNREADABLE_TRANSFER,
  PoolDataSharesTooLarge: UNREADABLE_TRANSFER,
  TokenNotWithdrawable: {
    brief: "the pool holds the token for nobody to withdraw",
    passes: "never",
  },
  PoolFeesNotSupported: { brief: "the pool takes no fees: leave them at 0", passes: "never" },
  PoolHooksNotSupported: { brief: "the pool takes no hooks", passes: "never" },
  ZeroVerifier: { brief: "the zero address is no verifier: name a contract", passes: "never" },
  AccessControlUnauthorizedAccount: {
    brief: "this account does not have the role for it",
    passes: "after a fix",
    explain: (context, { account, neededRole }) => {
      const holders = command("roles show", { mesh: context.mesh.name });
      return {
        why: `${account ?? "An account"} lacks ${roleName(neededRole ?? "0x")} on ${context.chain}.`,
        fixes: [
          context.direction === "execution"
            ? apply(context, "grants the role")
            : { command: holders, note: "shows the holders: one of them has to sign" },
        ],
      };
    },
  },
  InvalidSourcePoolAddress: {
    brief: "the destination does not know the pool that sent it: tell the operators",
    passes: "after a fix",
    explain: (context, { sourcePoolAddress }) => {
      const { chain, peer, message } = context;
      const sender = addressIn(sourcePoolAddress);
      // A pool of ours has to be added again; any other must not be, whatever it would bring.
      if (message?.kind !== "transfer" || !message.isOurs) {
        return {
          why: `It was sent by ${sender}, which CCIP's registry on ${peer} has never named for our token. Refusing it is right: never add it.`,
          isFinal: true,
        };
      }
      return {
        why: `The pool of ${chain} does not know the pool that sent it, ${sender} on ${peer}: it was removed too early, or never added.`,
        fixes: [
          apply(context, "adds the pool again, if it is the one that is deployed"),
          {
            note: `a replaced pool has to stay known until what it sent has arrived: addRemotePool(${message.sourceSelector}, ${sourcePoolAddress ?? ""}) by the owner of the pool`,
          },
        ],
      };
    },
  },
};
