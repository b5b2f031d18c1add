import { addressIn, apply, briefly, meshCommand, tokens } from "./reason";
import type { Reason, ReasonContext, Reasons } from "./reason";

/** Pool data that this version of the pool cannot read. */
const UNREADABLE_TRANSFER: Reason = {
  brief: "another version of the pool sent it: tell the operators",
  passes: "never",
  why: ({ chain, peer, message }) =>
    `The pool of ${chain} cannot read what ${message?.tokens[0]?.sourcePool ?? "the pool"} on ${peer} sent: it was written by another version of the pool, or by a pool outside of this mesh.`,
  fixes: (context) => [
    meshCommand(context, "mesh check", "names the pool that differs from the mesh file"),
    "a message cannot be changed; a pool that reads it can be deployed (pool replace)",
  ],
};

const isOurTransfer = ({ message }: ReasonContext) =>
  message?.kind === "transfer" && message.isOurs;

/** Errors of `RebaseToken`, `RebaseTokenPool` and the libraries of both. */
export const TOKEN_REASONS: Reasons = {
  Unsynced: {
    brief: "no broadcast has reached that chain yet: broadcast first, then try again",
    why: ({ chain }) => `${chain} has no index yet: no broadcast has reached it.`,
    fixes: (context) =>
      meshCommand(context, "rebase broadcast", "and wait until it has been executed there"),
  },
  SharesExceedOutstanding: {
    brief: "more shares would return home than are outstanding: tell the operators",
    passes: "never",
    why: (_, { shares, outstanding }) =>
      `It returns ${shares} shares to home, and only ${outstanding} are outstanding: more has returned than ever left. A satellite was forged, or honest returns are late behind a forged one.`,
    fixes: (context) => [
      meshCommand(
        context,
        "supply audit",
        "counts all shares, and names the chain that has too many",
      ),
      "home refuses until the issuer has settled it: see SECURITY.md on a forged satellite",
    ],
  },
  SharesExceedLane: {
    brief: "more shares would come home over the lane than left by it: tell the operators",
    passes: "never",
    why: ({ peer }, { shares, outstanding }) =>
      `It returns ${shares} shares from ${peer}, and only ${outstanding} left for it and have not come back: ${peer} was forged, or honest returns are late behind a forged one.`,
    fixes: (context) => [
      meshCommand(
        context,
        "supply audit",
        "counts all shares, and names the chain that has too many",
      ),
      "home refuses until the issuer has settled it: see SECURITY.md on a forged satellite",
    ],
  },
  SharesExceedRange: {
    brief: "more shares than can exist: tell the operators",
    passes: "never",
    why: ({ chain }, { shares, available }) =>
      `${shares} shares do not fit on ${chain}, which has room for ${available} more: no honest chain sends so many.`,
    fixes: (context) => meshCommand(context, "supply audit", "counts all shares"),
  },
  AmountExceedsShareRange: {
    brief: "it is more than can exist: use a smaller amount",
    passes: "never",
    why: (context, { amount }) =>
      `${tokens(context, amount)} cannot exist at the index of ${context.chain}.`,
    fixes: "use a smaller amount",
  },
  InsufficientShares: {
    brief: "the account holds too few shares: use a smaller amount",
    why: (_, { account, held, needed }) =>
      `${account} holds ${held} shares, and ${needed} are needed.`,
  },
  StaleEpoch: {
    brief: "the chain has this epoch, or a newer one: nothing is left to do",
    passes: "never",
    why: ({ chain }, { epoch, current }) =>
      `${chain} is at epoch ${current}, and this would set epoch ${epoch}: nothing is left to do.`,
  },
  UnexpectedEpoch: {
    brief: "another rebase came first: read the state again",
    why: ({ chain }, { epoch, expected }) =>
      `It would create epoch ${epoch} on ${chain}, where ${expected} is next: another rebase came first.`,
  },
  InvalidPoolDataLength: UNREADABLE_TRANSFER,
  UnsupportedPoolDataVersion: UNREADABLE_TRANSFER,
  UnexpectedPoolDataDecimals: UNREADABLE_TRANSFER,
  PoolDataSharesTooLarge: UNREADABLE_TRANSFER,
  // A pool of ours has to be added again; any other must not be, whatever it would bring.
  InvalidSourcePoolAddress: {
    brief: "the destination does not know the pool that sent it: tell the operators",
    why: (context, { sourcePoolAddress }) =>
      isOurTransfer(context)
        ? `The pool of ${context.chain} does not know the pool that sent it, ${addressIn(sourcePoolAddress)} on ${context.peer}: it was removed too early, or never added.`
        : `It was sent by ${addressIn(sourcePoolAddress)}, which CCIP's registry on ${context.peer} has never named for our token. Refusing it is right: never add it.`,
    fixes: (context, { sourcePoolAddress }) =>
      isOurTransfer(context)
        ? [
            apply(context, "adds the pool again, if it is the one that is deployed"),
            `a replaced pool has to stay known until what it sent has arrived: addRemotePool(${context.message?.sourceSelector}, ${sourcePoolAddress ?? ""}) by the owner of the pool`,
          ]
        : [],
    isFinal: (context) => !isOurTransfer(context),
  },
  ...briefly(
    {
      NotRecoverable:
        "its tokens cannot be recovered: only those on the token, or of a contract that asks for it, can",
      NotHomePool: "only a pool at home contains lanes",
      LaneContained: "the lane is contained already, and its count would be lost: release it first",
      SamePool: "the pool that is replaced is this one: name the previous pool",
      NotHome: "only the home chain does this: use the home's token",
      NotSatellite: "only a satellite does this",
      TokenNotWithdrawable: "the pool holds the token for nobody to withdraw",
      PoolFeesNotSupported: "the pool takes no fees: leave them at 0",
      PoolHooksNotSupported: "the pool takes no hooks",
      ZeroVerifier: "the zero address is not a verifier: name a contract",
    },
    "never",
  ),
};
