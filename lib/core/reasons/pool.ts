import { formatDuration } from "../duration";
import { finalityText } from "../finality";
import { isClosed } from "../mesh/limit";
import { timeText } from "../time";

import { askBeforeOpening, closedText, wideInbound, wideOutbound } from "./limits";
import { apply, tokens } from "./reason";
import type { Reason, ReasonContext, Reasons, Values } from "./reason";

const NO_LANE: Reason = {
  brief: "the pool has no lane there: tell the operators",
  passes: "after a fix",
  explain: (context) => ({
    why: `The pool of ${context.chain} has no lane ${context.direction === "send" ? "to" : "from"} ${context.peer}.`,
    fixes: [apply(context, "opens the lanes of the mesh file")],
  }),
};

/** More than a bucket ever holds: it is widened, unless the lane was closed on purpose. */
function tooLarge(context: ReasonContext, { requested, capacity }: Values) {
  const { chain, peer, limits, direction } = context;
  const isSend = direction === "send";
  const lane = { mesh: context.mesh.name, from: isSend ? chain : peer, to: isSend ? peer : chain };
  if (limits && [limits.outbound, limits.inbound].some((bucket) => bucket && isClosed(bucket))) {
    return { why: closedText(lane), fixes: askBeforeOpening(lane, limits.isDeclaredOpen) };
  }
  const amount = BigInt(requested ?? 0);
  const most = `${tokens(context, capacity)} at most`;
  if (!isSend) {
    return {
      why: `The incoming ${tokens(context, amount)} never fit the inbound bucket of ${chain} for ${peer}, which holds ${most}.`,
      fixes: limits ? wideInbound(lane, amount, limits) : [],
    };
  }
  const wider = limits ? wideOutbound(lane, amount, limits) : [];
  const canRise = wider.some((recovery) => recovery.command !== undefined);
  return {
    why: `${tokens(context, amount)} never fit the outbound bucket of ${chain} for ${peer}, which holds ${most}.`,
    fixes: [{ note: `send it in parts${canRise ? ", or raise the limit" : ""}` }, ...wider],
  };
}

/** Errors of CCIP's pools, their rate limiters, and the token admin registry. */
export const POOL_REASONS: Reasons = {
  TokenMaxCapacityExceeded: {
    brief: "it is larger than the lane's rate limit ever allows",
    passes: "after a fix",
    explain: tooLarge,
  },
  TokenRateLimitReached: {
    brief: "the lane's rate limit is used up: wait for it to refill, then try again",
    passes: "by itself",
    explain: (context, { minWaitInSeconds, available }) => {
      const { chain, peer, direction, message, at } = context;
      const wait = BigInt(minWaitInSeconds ?? 0);
      const end = direction === "send" ? "outbound" : "inbound";
      const incoming =
        message?.incoming === undefined ? "" : ` and ${tokens(context, message.incoming)} come in,`;
      return {
        why: `The ${end} bucket of ${chain} for ${peer} had ${tokens(context, available)} left,${incoming} and holds enough ${formatDuration(wait)} later, if nothing else passes.`,
        fixes: [{ note: `wait until ${timeText(at + wait)} (${wait} seconds)` }],
      };
    },
  },
  ChainNotAllowed: NO_LANE,
  NonExistentChain: NO_LANE,
  CallerIsNotARampOnRouter: {
    brief: "the pool's router does not know CCIP's ramp: tell the operators",
    passes: "after a fix",
    explain: (context, { caller }) => {
      const { chain, mesh, message } = context;
      if (!message || message.offRamp.isNamed) {
        return {
          why: `The pool of ${chain} asks a router that does not know the ramp ${caller ?? ""}: one of the two was changed.`,
          fixes: [apply(context, "points the pool to CCIP's router")],
        };
      }
      return {
        why: `CCIP's router on ${chain} no longer knows the OffRamp ${message.offRamp.address}, through which the message has to arrive: CCIP has replaced it, and pools take nothing from it.`,
        fixes: [
          {
            note: mesh.live
              ? "only Chainlink can have the router know it again: ask, and name the message; nothing is lost meanwhile"
              : `have the router of ${chain} know it again (applyRampUpdates, by CCIP's owner)`,
          },
        ],
      };
    },
  },
  NotACompatiblePool: {
    brief: "CCIP's registry names no pool for the token: tell the operators",
    passes: "after a fix",
    explain: (context, { notPool }) => ({
      why: `CCIP's registry on ${context.chain} names ${notPool ?? "an account"} as the token's pool, which is not a pool.`,
      fixes: [apply(context, "registers the pool")],
    }),
  },
  UnsupportedToken: {
    brief: "CCIP's registry names no pool for the token: tell the operators",
    passes: "after a fix",
    explain: (context) => ({
      why: `CCIP's registry on ${context.chain} names no pool for the token.`,
      fixes: [apply(context, "registers it")],
    }),
  },
  ReleaseOrMintBalanceMismatch: {
    brief: "the receiver's balance changed by another amount than the pool minted",
    passes: "after a fix",
    explain: ({ chain }) => ({
      why: `CCIP saw the receiver's balance on ${chain} change by another amount than the pool minted: the receiver, or a token that was upgraded, moves tokens meanwhile.`,
    }),
  },
  InvalidRequestedFinality: {
    brief: "it was sent with a finality that the destination does not take: tell the operators",
    passes: "after a fix",
    explain: ({ chain, message, direction }, { requestedFinality, allowedFinality }) => {
      const wanted = finalityText(requestedFinality ?? "0x");
      const least = finalityText(allowedFinality ?? "0x");
      if (direction === "send") {
        return {
          why: `The pool of ${chain} takes nothing before ${least}, and the message asks for ${wanted}.`,
          fixes: [{ note: `send it with ${least}, or have the pool's owner allow ${wanted}` }],
        };
      }
      const who =
        message?.kind === "transfer"
          ? `the pool of ${chain} or the receiver`
          : `the receiver ${message?.receiver ?? ""} on ${chain}`;
      return {
        why: `It was sent to be executed after ${wanted}, and ${who} takes nothing before ${least}.`,
        fixes: [
          {
            note: "the owner of the contract that refuses it has to allow that finality; the message is executed afterwards, and nothing is lost meanwhile",
          },
        ],
      };
    },
  },
  RequestedFinalityCanOnlyHaveOneMode: {
    brief: "it asks for the safe block and a number of blocks: ask for one of them",
    passes: "never",
  },
  BucketOverfilled: { brief: "a rate limiter holds more than its capacity", passes: "never" },
  DisabledNonZeroRateLimit: {
    brief: "a disabled rate limit has a capacity or rate: leave both at 0",
    passes: "never",
  },
  InvalidRateLimitRate: {
    brief: "a rate limit's rate is above its capacity, or zero: name a lower rate",
    passes: "never",
  },
  ChainAlreadyExists: { brief: "the pool has the lane already", passes: "never" },
  PoolAlreadyAdded: { brief: "the pool knows that remote pool already", passes: "never" },
  InvalidRemotePoolForChain: { brief: "the pool does not know that remote pool", passes: "never" },
  DuplicateCCVNotAllowed: { brief: "a verifier is listed twice: list it once", passes: "never" },
  InvalidToken: { brief: "the pool is another token's", passes: "after a fix" },
  CallerIsNotOwnerOrFeeAdmin: {
    brief: "only the pool's owner or fee admin may do this",
    passes: "after a fix",
  },
  Unauthorized: {
    brief: "only the pool's owner or rate limit admin may do this",
    passes: "after a fix",
    explain: ({ chain }, { caller }) => ({
      why: `${caller} is neither the owner nor the rate limit admin of the pool on ${chain}.`,
      fixes: [{ note: "one of them has to sign" }],
    }),
  },
  InvalidTokenPoolToken: {
    brief: "the pool does not support the token: register the token's own pool",
    passes: "after a fix",
  },
  OnlyAdministrator: {
    brief: "only the token's administrator in CCIP's registry may do this",
    passes: "after a fix",
  },
  OnlyPendingAdministrator: {
    brief: "only the proposed administrator of the token may accept",
    passes: "after a fix",
  },
  CanOnlySelfRegister: {
    brief: "only the token's own admin may register it",
    passes: "after a fix",
  },
};
