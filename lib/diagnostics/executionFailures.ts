import { getAddress } from "ethers";
import type { Revert } from "ccip-localnet/protocol";

import { formatTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { timeText } from "../core/time";
import { roleName } from "../mesh/grants";
import { isClosed } from "../core/mesh/limit";

import type { MessageFacts } from "./facts";
import { errorText, innermost } from "../core/revert/revertChain";
import { command } from "./recovery";
import type { Recovery } from "./recovery";
import { VERIFIER_ERRORS } from "./verifierErrors";
import { finalityText } from "./verifiers";
import { askWhoClosed, closedText, wideInbound } from "./rateLimitFix";

/** Why a message does not get in, and what opens the door. */
export interface Cause {
  /** A sentence each. */
  readonly why: readonly string[];
  /** What comes before another execution. */
  readonly fixes: readonly Recovery[];
  /** Options that the execution itself needs. */
  readonly gas?: { readonly receiverGas?: bigint; readonly tokenGas?: bigint };
  /** No execution will ever succeed. */
  readonly isHopeless?: boolean;
}

type Explanation = (facts: MessageFacts, revert: Revert) => Cause;

/** The way to have the wiring put right. */
const apply = ({ mesh }: MessageFacts, note: string): Recovery => ({
  command: command("mesh apply", { mesh: mesh.name }),
  note,
});

/** The innermost errors of a message that arrives, by their names. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  EnforcedPause: ({ destination, mesh }) => ({
    why: [`The token of ${destination} is paused: nothing moves there until it is unpaused.`],
    fixes: [
      {
        command: command("token unpause", { chain: destination, mesh: mesh.name }),
        note: "after asking the guardian why it was paused",
      },
    ],
  }),
  Unsynced: ({ destination, mesh }) => ({
    why: [`${destination} has never been told an index: no broadcast has reached it yet.`],
    fixes: [
      {
        command: command("rebase broadcast", { mesh: mesh.name }),
        note: "and wait until it has been executed there",
      },
    ],
  }),
  TokenMaxCapacityExceeded: tooMuchToArrive,
  TokenRateLimitReached: (facts, { values }) => {
    const [wait, available] = [BigInt(values.minWaitInSeconds ?? 0), BigInt(values.available ?? 0)];
    return {
      why: [
        `The inbound bucket of ${facts.destination} for ${facts.source} has room for ${amount(facts, available)} now${worthText(facts)}: it fits in ${formatDuration(wait)}, if nothing else arrives.`,
      ],
      fixes: [{ note: `wait until ${timeText(facts.now + wait)} (${wait} seconds)` }],
    };
  },
  SharesExceedOutstanding: (facts, { values }) => ({
    why: [
      `It brings ${values.shares} shares home, and only ${values.outstanding} are abroad: more has come home than ever left. A satellite was forged, or honest returns are late behind a forged one.`,
    ],
    fixes: [
      {
        command: command("supply audit", { mesh: facts.mesh.name }),
        note: "counts every share, and shows which chain says more than there can be",
      },
      {
        note: "home refuses until the issuer has settled it: see SECURITY.md on a forged satellite",
      },
    ],
    isHopeless: true,
  }),
  InvalidSourcePoolAddress: unknownPool,
  ChainNotAllowed: (facts) => ({
    why: [`The pool of ${facts.destination} has no lane from ${facts.source}.`],
    fixes: [apply(facts, "opens the lane again")],
  }),
  NonExistentChain: (facts) => ({
    why: [`The pool of ${facts.destination} has no lane from ${facts.source}.`],
    fixes: [apply(facts, "opens the lane again")],
  }),
  CallerIsNotARampOnRouter: (facts, { values }) => {
    const { destination, offRamp, mesh } = facts;
    if (offRamp.isNamed) {
      return {
        why: [
          `The pool of ${destination} asks a router that does not know the OffRamp ${values.caller ?? ""}: one of the two was changed.`,
        ],
        fixes: [apply(facts, "points the pool to CCIP's router")],
      };
    }
    return {
      why: [
        `CCIP's router on ${destination} no longer knows the OffRamp ${offRamp.address}, through which the message has to arrive: CCIP has replaced it, and pools take nothing from it.`,
      ],
      fixes: [
        {
          note: mesh.live
            ? "only Chainlink can have the router know it again: ask, and name the message; nothing is lost meanwhile"
            : `have the router of ${destination} know it again (applyRampUpdates, by CCIP's owner)`,
        },
      ],
    };
  },
  NotACompatiblePool: (facts, { values }) => ({
    why: [
      `CCIP's registry on ${facts.destination} names ${values.notPool ?? "something"} as the pool of the token, which is none.`,
    ],
    fixes: [apply(facts, "registers the pool")],
  }),
  AccessControlUnauthorizedAccount: (facts, { values }) => ({
    why: [
      `On ${facts.destination}, ${values.account ?? "an account"} lacks ${roleName(values.neededRole ?? "0x")}.`,
    ],
    fixes: [apply(facts, "grants the role")],
  }),
  InvalidRouter: (facts, { values }) => ({
    why: [
      `CCIP handed it over through the router ${values.router ?? ""} of ${facts.destination}, from which the receiver takes nothing: CCIP moved the lane to another router, or the receiver was given another one.`,
    ],
    fixes: [apply(facts, "names CCIP's router in the receiver")],
  }),
  UnexpectedSource: (facts, { values }) => {
    const isOurs = facts.payload.kind === "broadcast";
    return {
      why: [
        isOurs
          ? `The receiver of ${facts.destination} is not paired with the home's broadcaster.`
          : `The receiver of ${facts.destination} takes broadcasts from nobody but the home's broadcaster; this is from ${addressIn(values.sender)} on ${facts.source}. Refusing it is right.`,
      ],
      fixes: isOurs ? [apply(facts, "pairs them again")] : [],
      ...(!isOurs && { isHopeless: true }),
    };
  },
  InvalidBroadcastLength: unreadableBroadcast,
  UnsupportedBroadcastVersion: unreadableBroadcast,
  InvalidBroadcastPadding: unreadableBroadcast,
  SharesPerTokenOutOfBounds: unreadableBroadcast,
  EffectiveAtOutOfBounds: unreadableBroadcast,
  InvalidPoolDataLength: unreadableTransfer,
  UnsupportedPoolDataVersion: unreadableTransfer,
  UnexpectedPoolDataDecimals: unreadableTransfer,
  SharesExceedRange: (facts, { values }) => ({
    why: [
      `${values.shares} shares do not fit on ${facts.destination}, where ${values.available} more have room: no honest chain sends so many.`,
    ],
    fixes: [
      { command: command("supply audit", { mesh: facts.mesh.name }), note: "counts every share" },
    ],
    isHopeless: true,
  }),
  ERC20InvalidReceiver: (facts, { values }) => ({
    why: [
      `The token of ${facts.destination} gives nothing to ${values.receiver ?? "that address"}.`,
    ],
    fixes: [{ note: "the shares stay in flight: no execution changes the receiver of a message" }],
    isHopeless: true,
  }),
  ReleaseOrMintBalanceMismatch: (facts) => ({
    why: [
      `CCIP saw the receiver's balance on ${facts.destination} change by another amount than the pool says: the receiver, or a token that was upgraded, moves tokens meanwhile.`,
    ],
    fixes: [],
  }),
  InvalidManualExecutionGasLimit: ({ message }) => ({
    why: [`The gas for the receiver can only be raised: the message brings ${message.gasLimit}.`],
    fixes: [{ note: "name more than that with --receiver-gas, or nothing" }],
  }),
  InvalidGasLimitOverride: ({ message }) => ({
    why: [`The gas for the receiver can only be raised: the message brings ${message.gasLimit}.`],
    fixes: [{ note: "name more than that with --receiver-gas, or nothing" }],
  }),
  InvalidManualExecutionTokenGasOverride: (_, { values }) => ({
    why: [`The gas for a pool can only be raised: the message brings ${values.oldLimit}.`],
    fixes: [{ note: "name more than that with --token-gas, or nothing" }],
  }),
  CursedByRMN: (facts) => ({
    why: [`RMN curses the lane on ${facts.destination}.`],
    fixes: [uncurse(facts)],
  }),
  InvalidRequestedFinality: ({ destination, message, payload }, { values }) => ({
    why: [
      `It was sent to be executed after ${finalityText(values.requestedFinality ?? "0x")}, and ${payload.kind === "transfer" ? `the pool of ${destination} or the receiver` : `the receiver ${message.receiver} on ${destination}`} takes nothing before ${finalityText(values.allowedFinality ?? "0x")}.`,
    ],
    fixes: [
      {
        note: `whoever owns what refuses it has to allow that finality; the message is executed afterwards, and nothing is lost meanwhile`,
      },
    ],
  }),
  ...VERIFIER_ERRORS,
};

/** Why a message is refused at its destination, and what to do about it. */
export function explainExecutionFailure(facts: MessageFacts, given: Revert): Cause {
  // An OffRamp of CCIP 2.0 wraps the reason once more when a message that failed fails again.
  const revert = given.name === "NoStateProgressMade" ? (given.cause ?? given) : given;
  const inner = innermost(revert);
  if (inner.name === "empty") return explainSilence(facts, revert);
  const explain = EXPLANATIONS[inner.name];
  if (explain) return explain(facts, inner);
  const { destination, message } = facts;
  return {
    why: [
      revert.name === "ReceiverError"
        ? `The receiver ${message.receiver} on ${destination} refused it for a reason of its own: ${errorText(inner)}.`
        : `${destination} refused it for a reason that is not known here: ${errorText(inner)}.`,
    ],
    fixes: [{ note: "have what refused it put right, then execute the message" }],
  };
}

/** Who takes a curse back, and how. */
export function uncurse({ mesh, source, destination, curse }: MessageFacts): Recovery {
  const remote = curse?.what === "everything" ? undefined : source;
  return mesh.live
    ? {
        note: `only Chainlink's RMN can lift it${curse ? ` (${curse.owner} on ${destination})` : ""}: ask why it was cursed, and wait`,
      }
    : {
        command: command("localnet uncurse", { chain: destination, remote }),
        note: "lifts the curse on the local network",
      };
}

/** Nobody said a word: out of gas, if more of it helps; a bare revert, if it does not. */
function explainSilence(facts: MessageFacts, revert: Revert): Cause {
  const { destination, message, enough } = facts;
  const isReceiver = revert.name === "ReceiverError";
  const who = isReceiver ? `The receiver ${message.receiver}` : "The pool";
  const given = isReceiver ? message.gasLimit : (message.tokens[0]?.destinationGas ?? 0n);
  const found = isReceiver ? enough?.receiverGas : enough?.tokenGas;
  if (found !== undefined) {
    return {
      why: [
        `${who} on ${destination} ran out of gas: it was given ${given}, and goes through with ${found} (asked of the node).`,
      ],
      fixes: [],
      gas: isReceiver ? { receiverGas: found } : { tokenGas: found },
    };
  }
  return {
    why: [
      `${who} on ${destination} reverts without a reason, however much gas it is given: it is not for lack of gas.`,
    ],
    fixes: [{ note: "have what refused it put right, then execute the message" }],
  };
}

/** More than a bucket ever holds: it is widened, unless the lane was closed on purpose. */
function tooMuchToArrive(facts: MessageFacts, { values }: Revert): Cause {
  const { source, destination, payload } = facts;
  const lane = { mesh: facts.mesh.name, from: source, to: destination };
  if (payload.kind === "transfer" && [payload.inbound, payload.outbound].some(isClosed)) {
    return { why: [closedText(lane)], fixes: askWhoClosed(lane, payload.isDeclaredOpen) };
  }
  const [capacity, requested] = [BigInt(values.capacity ?? 0), BigInt(values.requested ?? 0)];
  return {
    why: [
      `${amount(facts, requested)} want in, and the inbound bucket of ${destination} for ${source} holds ${amount(facts, capacity)} at most: at this limit it never fits.`,
    ],
    fixes: payload.kind === "transfer" ? wideInbound(lane, requested, payload) : [],
  };
}

/** A pool of ours has to be added again; one of a stranger must not be, whatever it wants to bring. */
function unknownPool(facts: MessageFacts, { values }: Revert): Cause {
  const { source, destination, payload, message } = facts;
  const sender = addressIn(values.sourcePoolAddress);
  if (payload.kind !== "transfer" || !payload.isOurs) {
    return {
      why: [
        `It was sent by ${sender}, which CCIP's registry on ${source} has never named for our token. Refusing it is right: never add it.`,
      ],
      fixes: [],
      isHopeless: true,
    };
  }
  return {
    why: [
      `The pool of ${destination} does not know the pool that sent it, ${sender} on ${source}: it was removed too early, or never added.`,
    ],
    fixes: [
      apply(facts, "adds the pool again, if it is the one that is deployed"),
      {
        note: `a pool that was replaced has to stay known until what it sent has arrived: addRemotePool(${message.sourceSelector}, ${values.sourcePoolAddress ?? ""}) by the owner of the pool`,
      },
    ],
  };
}

function unreadableBroadcast(facts: MessageFacts): Cause {
  return {
    why: [
      `The receiver of ${facts.destination} cannot take what the message tells: it was written by another version, or by nobody of this mesh.`,
    ],
    fixes: [
      {
        command: command("rebase broadcast", { mesh: facts.mesh.name }),
        note: "tells it anew; this message stays refused, and nothing is lost by it",
      },
    ],
    isHopeless: true,
  };
}

function unreadableTransfer(facts: MessageFacts): Cause {
  return {
    why: [
      `The pool of ${facts.destination} cannot read what ${facts.message.tokens[0]?.sourcePool ?? "the pool"} on ${facts.source} sent: it was written by another version of the pool, or by a pool that is none of this mesh.`,
    ],
    fixes: [
      {
        command: command("mesh check", { mesh: facts.mesh.name }),
        note: "names the pool that is not what it should be",
      },
      {
        note: "no execution changes what a message says; a pool that reads it can be put in place (pool replace)",
      },
    ],
    isHopeless: true,
  };
}

function worthText(facts: MessageFacts): string {
  const { payload } = facts;
  if (payload.kind !== "transfer" || payload.worth === undefined) return "";
  return `, and ${amount(facts, payload.worth)} want in`;
}

function amount({ mesh }: MessageFacts, units: bigint): string {
  return `${formatTokens(units)} ${mesh.symbol}`;
}

function addressIn(encoded: string | undefined): string {
  if (encoded?.length !== 66) return encoded ?? "an unknown address";
  return getAddress(`0x${encoded.slice(26)}`);
}
