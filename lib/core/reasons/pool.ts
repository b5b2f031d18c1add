import { formatDuration } from "../duration";
import { finalityText } from "../finality";
import { isClosed } from "../mesh/limit";
import { timeText } from "../time";

import { wideInbound, wideOutbound } from "./limits";
import { apply, briefly, tokens } from "./reason";
import type { Fix, Reason, ReasonContext, Reasons, Values } from "./reason";

const NO_LANE: Reason = {
  brief: "the pool has no lane there: tell the operators",
  why: ({ chain, peer, direction }) =>
    `The pool of ${chain} has no lane ${direction === "send" ? "to" : "from"} ${peer}.`,
  fixes: (context) => apply(context, "opens the lanes of the mesh file"),
};

const isSend = ({ direction }: ReasonContext) => direction === "send";

const laneOf = ({ mesh, chain, peer, direction }: ReasonContext) =>
  direction === "send"
    ? { mesh: mesh.name, from: chain, to: peer }
    : { mesh: mesh.name, from: peer, to: chain };

const isClosedLane = ({ limits }: ReasonContext) =>
  limits !== undefined &&
  [limits.outbound, limits.inbound].some((bucket) => bucket && isClosed(bucket));

/** Explains an amount that is more than a bucket ever holds. */
function tooLarge(context: ReasonContext, { requested, capacity }: Values): string {
  const { chain, peer } = context;
  if (isClosedLane(context)) {
    const { from, to } = laneOf(context);
    return `The lane from ${from} to ${to} is closed on purpose: its bucket holds one unit, and lets nothing of value through.`;
  }
  const most = `${tokens(context, capacity)} at most`;
  return isSend(context)
    ? `${tokens(context, requested)} never fit the outbound bucket of ${chain} for ${peer}, which holds ${most}.`
    : `The incoming ${tokens(context, requested)} never fit the inbound bucket of ${chain} for ${peer}, which holds ${most}.`;
}

/** Returns the wider limit; a lane that was closed on purpose is opened only as far as the mesh file says. */
function wider(context: ReasonContext, { requested }: Values): Fix[] {
  const { limits } = context;
  if (limits && isClosedLane(context)) {
    return [
      "the lane is closed on purpose: ask who closed it before it is opened",
      ...(limits.isDeclaredOpen
        ? [apply(context, "only then: opens it as far as the mesh file declares")]
        : []),
    ];
  }
  const amount = BigInt(requested ?? 0);
  if (!isSend(context)) return limits ? wideInbound(laneOf(context), amount, limits) : [];
  const limit = limits ? wideOutbound(laneOf(context), amount, limits) : [];
  const canRise = limit.some((recovery) => recovery.command !== undefined);
  return [`send it in parts${canRise ? ", or raise the limit" : ""}`, ...limit];
}

/** Errors of CCIP's pools, their rate limiters, and the token admin registry. */
export const POOL_REASONS: Reasons = {
  TokenMaxCapacityExceeded: {
    brief: "it is larger than the lane's rate limit ever allows",
    why: tooLarge,
    fixes: wider,
  },
  TokenRateLimitReached: {
    brief: "the lane's rate limit is used up: wait for it to refill, then try again",
    passes: "by itself",
    why: (context, { minWaitInSeconds, available }) => {
      const { chain, peer, message } = context;
      const end = isSend(context) ? "outbound" : "inbound";
      const incoming =
        message?.incoming === undefined ? "" : ` and ${tokens(context, message.incoming)} come in,`;
      return `The ${end} bucket of ${chain} for ${peer} had ${tokens(context, available)} left,${incoming} and holds enough ${formatDuration(BigInt(minWaitInSeconds ?? 0))} later, if nothing else passes.`;
    },
    fixes: ({ at }, { minWaitInSeconds = "0" }) =>
      `wait until ${timeText(at + BigInt(minWaitInSeconds))} (${minWaitInSeconds} seconds)`,
  },
  ChainNotAllowed: NO_LANE,
  NonExistentChain: NO_LANE,
  CallerIsNotARampOnRouter: {
    brief: "the pool's router does not know CCIP's ramp: tell the operators",
    why: ({ chain, message }, { caller }) =>
      !message || message.offRamp.isNamed
        ? `The pool of ${chain} asks a router that does not know the ramp ${caller ?? ""}: one of the two was changed.`
        : `CCIP's router on ${chain} no longer knows the OffRamp ${message.offRamp.address}, through which the message has to arrive: CCIP has replaced it, and pools take nothing from it.`,
    fixes: (context) => {
      const { chain, mesh, message } = context;
      if (!message || message.offRamp.isNamed) {
        return apply(context, "points the pool to CCIP's router");
      }
      return mesh.live
        ? "only Chainlink can have the router know it again: ask, and name the message; nothing is lost meanwhile"
        : `have the router of ${chain} know it again (applyRampUpdates, by CCIP's owner)`;
    },
  },
  NotACompatiblePool: {
    brief: "CCIP's registry names no pool for the token: tell the operators",
    why: ({ chain }, { notPool }) =>
      `CCIP's registry on ${chain} names ${notPool ?? "an account"} as the token's pool, which is not a pool.`,
    fixes: (context) => apply(context, "registers the pool"),
  },
  UnsupportedToken: {
    brief: "CCIP's registry names no pool for the token: tell the operators",
    why: ({ chain }) => `CCIP's registry on ${chain} names no pool for the token.`,
    fixes: (context) => apply(context, "registers it"),
  },
  ReleaseOrMintBalanceMismatch: {
    brief: "the receiver's balance changed by another amount than the pool minted",
    why: ({ chain }) =>
      `CCIP saw the receiver's balance on ${chain} change by another amount than the pool minted: the receiver, or a token that was upgraded, moves tokens meanwhile.`,
  },
  InvalidRequestedFinality: {
    brief: "it was sent with a finality that the destination does not take: tell the operators",
    why: (context, { requestedFinality = "0x", allowedFinality = "0x" }) => {
      const { chain, message } = context;
      const wanted = finalityText(requestedFinality);
      const least = finalityText(allowedFinality);
      if (isSend(context)) {
        return `The pool of ${chain} takes nothing before ${least}, and the message asks for ${wanted}.`;
      }
      const who =
        message?.kind === "transfer"
          ? `the pool of ${chain} or the receiver`
          : `the receiver ${message?.receiver ?? ""} on ${chain}`;
      return `It was sent to be executed after ${wanted}, and ${who} takes nothing before ${least}.`;
    },
    fixes: (context, { requestedFinality = "0x", allowedFinality = "0x" }) =>
      isSend(context)
        ? `send it with ${finalityText(allowedFinality)}, or have the pool's owner allow ${finalityText(requestedFinality)}`
        : "the owner of the contract that refuses it has to allow that finality; the message is executed afterwards, and nothing is lost meanwhile",
  },
  Unauthorized: {
    brief: "the caller may not do this: of a pool, only its owner or rate limit admin may",
    // A receiver's error of the same name has no values.
    why: ({ chain }, { caller }) =>
      caller === undefined
        ? `A contract on ${chain} takes this from other accounts only.`
        : `${caller} is neither the owner nor the rate limit admin of the pool on ${chain}.`,
    fixes: (_, { caller }) =>
      caller === undefined ? "ask the owner of that contract" : "one of them has to sign",
  },
  ...briefly({
    InvalidToken: "the pool is another token's",
    CallerIsNotOwnerOrFeeAdmin: "only the pool's owner or fee admin may do this",
    InvalidTokenPoolToken: "the pool does not support the token: register the token's own pool",
    OnlyAdministrator: "only the token's administrator in CCIP's registry may do this",
    OnlyPendingAdministrator: "only the proposed administrator of the token may accept",
    CanOnlySelfRegister: "only the token's own admin may register it",
  }),
  ...briefly(
    {
      RequestedFinalityCanOnlyHaveOneMode:
        "it asks for the safe block and a number of blocks: ask for one of them",
      BucketOverfilled: "a rate limiter holds more than its capacity",
      DisabledNonZeroRateLimit: "a disabled rate limit has a capacity or rate: leave both at 0",
      InvalidRateLimitRate: "a rate limit's rate is above its capacity, or zero: name a lower rate",
      ChainAlreadyExists: "the pool has the lane already",
      PoolAlreadyAdded: "the pool knows that remote pool already",
      InvalidRemotePoolForChain: "the pool does not know that remote pool",
      DuplicateCCVNotAllowed: "a verifier is listed twice: list it once",
    },
    "never",
  ),
};
