import { formatTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { timeText } from "../core/time";

import { contextOf, executeCommand, execution, explainExecution, simulated } from "./execution";
import type { ExecutionFailure } from "./execution";
import type { BroadcastFacts, MessageFacts } from "./facts";
import { uncurse } from "../core/reasons/ccip";
import { command } from "../core/recovery";
import type { Diagnosis } from "./diagnosis";
import { diagnoseVerified, failureText } from "./verified";

/** What the facts of a message come to: what happened, why, and what to do. Reads nothing. */
export function diagnose(facts: MessageFacts): Diagnosis {
  const { payload, state } = facts;
  if (state === "success") return diagnoseSuccess(facts);
  if (payload.kind === "broadcast" && isOvertaken(payload))
    return diagnoseOvertaken(facts, payload);
  if (facts.curse) return diagnoseCurse(facts);
  if (!facts.isLaneEnabled) return diagnoseClosedLane(facts);
  const cause = causeOf(facts);
  if (facts.verification) return diagnoseVerified(facts, facts.verification, cause);
  if (!facts.isCommitted) return diagnoseUncommitted(facts, cause);
  return state === "untouched" ? diagnoseUntouched(facts, cause) : diagnoseFailure(facts, cause);
}

function diagnoseSuccess(facts: MessageFacts): Diagnosis {
  const { payload, destination } = facts;
  if (payload.kind === "broadcast") return diagnoseTold(facts, payload);
  const got =
    payload.kind === "transfer" && payload.arrived !== undefined
      ? `: ${facts.message.receiver} got ${formatTokens(payload.arrived)} ${facts.mesh.symbol}`
      : "";
  return {
    verdict: "executed",
    what: `It was executed on ${destination}${got}.`,
    why: [],
    remedies: [],
  };
}

/** A broadcast that the OffRamp is done with, which does not mean that anybody has heard it. */
function diagnoseTold(facts: MessageFacts, payload: BroadcastFacts): Diagnosis {
  const { destination, mesh } = facts;
  const { told, epoch, homeEpoch, receiverOutcome } = payload;
  const behind =
    epoch < homeEpoch
      ? [
          {
            command: command("rebase broadcast", { mesh: mesh.name }),
            note: `home is at epoch ${homeEpoch} by now, and ${destination} at ${epoch}`,
          },
        ]
      : [];
  if (receiverOutcome === "applied") {
    return {
      verdict: "executed",
      what: `It was executed on ${destination}, which took epoch ${told?.epoch}.`,
      why: [],
      remedies: behind,
    };
  }
  if (receiverOutcome === "ignored") {
    return {
      verdict: "superseded",
      what: `It was executed on ${destination}, which was at epoch ${told?.epoch} or a newer one already: it changed nothing, as it should.`,
      why: [],
      remedies: behind,
    };
  }
  if (receiverOutcome === "conflicted") {
    return {
      verdict: "without effect",
      what: `It was executed on ${destination}, and tells another index for epoch ${told?.epoch} than the one that is in force there: nothing was changed.`,
      why: [
        "An honest home never tells two indexes for one epoch: the broadcaster, the lane or CCIP was taken over.",
      ],
      remedies: [
        {
          command: command("token pause", { chain: destination, mesh: mesh.name }),
          note: "until it is known which of the two is true",
        },
      ],
    };
  }
  if (receiverOutcome === undefined) {
    return {
      verdict: "executed",
      what: `It was executed on ${destination}, which is at epoch ${epoch}. Cannot tell what the receiver made of it, because the endpoint of ${destination} leaves out the log of the execution.`,
      why: [],
      remedies: behind,
    };
  }
  const isMadeUp = told !== undefined && epoch >= told.epoch;
  return {
    verdict: isMadeUp ? "superseded" : "without effect",
    what: `CCIP counts it as executed, and nobody on ${destination} was told anything.`,
    why: [
      `CCIP passes over a receiver ${payload.hasCode ? "that does not say by ERC-165 that it takes messages" : "without code"}: it was sent to ${facts.message.receiver}${payload.isAddressed ? "" : `, which is not the receiver of ${destination}`}.`,
      ...(isMadeUp
        ? [`A later broadcast has brought ${destination} to epoch ${epoch} since.`]
        : []),
    ],
    remedies: isMadeUp
      ? behind
      : [
          ...(payload.isAddressed
            ? []
            : [
                {
                  command: command("mesh apply", { mesh: mesh.name }),
                  note: "makes the broadcaster send to the receiver",
                },
              ]),
          {
            command: command("rebase broadcast", { mesh: mesh.name }),
            note: `tells ${destination} anew: this message cannot be executed again`,
          },
        ],
  };
}

function isOvertaken({ told, epoch }: BroadcastFacts): boolean {
  return told !== undefined && epoch >= told.epoch;
}

function diagnoseOvertaken(facts: MessageFacts, { told, epoch }: BroadcastFacts): Diagnosis {
  const { destination, state } = facts;
  return {
    verdict: "superseded",
    what: `It ${state === "failure" ? "failed" : "has not been executed"}, and does not have to be: it tells epoch ${told?.epoch}, and ${destination} is at ${epoch}.`,
    why: [],
    remedies: [],
  };
}

function diagnoseCurse(facts: MessageFacts): Diagnosis {
  const { curse, source, destination, state, isCommitted } = facts;
  const subject = curse?.what === "everything" ? "everything" : source;
  return {
    verdict: "blocked",
    what: `${progress(facts)}, and the lane is cursed.`,
    why: [
      `The RMN of ${destination} curses ${subject}: CCIP ${facts.message.version === "2.0" ? "" : "commits and "}executes nothing from ${source} there.`,
    ],
    remedies: [
      uncurse(contextOf(facts)),
      ...(facts.payload.kind === "transfer" && facts.payload.paused
        ? [
            {
              command: command("token unpause", { chain: destination, mesh: facts.mesh.name }),
              note: "the token is paused too: after asking the guardian why",
            },
          ]
        : []),
      ...((isCommitted || facts.verification) && state === "failure"
        ? [
            {
              command: executeCommand(facts),
              note: "afterwards: CCIP does not try again by itself",
            },
          ]
        : [{ note: "CCIP then goes on by itself" }]),
    ],
  };
}

function diagnoseClosedLane(facts: MessageFacts): Diagnosis {
  const { source, destination } = facts;
  return {
    verdict: "blocked",
    what: `${progress(facts)}, and CCIP takes nothing from ${source} on ${destination} now.`,
    why: [
      `The OffRamp of ${destination} has ${source} switched off: that is CCIP's owner's doing.`,
    ],
    remedies: [{ note: "ask Chainlink; nothing is lost meanwhile" }],
  };
}

function diagnoseUncommitted(facts: MessageFacts, cause: ExecutionFailure | undefined): Diagnosis {
  const { source, destination, sentAt, now, mesh } = facts;
  const waited = now > sentAt ? now - sentAt : 0n;
  return {
    verdict: "waiting",
    what: `It was sent ${formatDuration(waited)} ago and is not committed on ${destination} yet.`,
    why: [
      mesh.live
        ? `CCIP commits what ${source} has sent once ${source} has finalised it, which takes from seconds to half an hour, chain by chain.`
        : "The DON of the local network commits within a second, unless the lane is held: it runs in the terminal of `localnet start`.",
      ...simulated(facts, cause),
    ],
    remedies: [
      ...(cause?.fixes ?? []),
      { note: "wait: CCIP commits and executes it by itself" },
      ...(mesh.live
        ? []
        : [{ command: command("localnet release", {}), note: "if the lane is held" }]),
    ],
  };
}

function diagnoseUntouched(facts: MessageFacts, cause: ExecutionFailure | undefined): Diagnosis {
  const { committedAt, thresholdSeconds, now, destination } = facts;
  const allowedAt = committedAt === undefined ? undefined : committedAt + thresholdSeconds + 1n;
  const isAllowed = allowedAt !== undefined && now >= allowedAt;
  const since =
    committedAt === undefined || now <= committedAt
      ? ""
      : ` since ${formatDuration(now - committedAt)}`;
  const what = `It is committed on ${destination}${since} and nobody has executed it yet.`;
  if (isAllowed && !cause) {
    return {
      verdict: "blocked",
      what,
      why: [
        `CCIP has had ${formatDuration(thresholdSeconds)}: anybody may execute it by now. Simulated, it would succeed.`,
      ],
      remedies: [{ command: executeCommand(facts), note: "whoever signs pays the gas" }],
    };
  }
  return {
    verdict: isAllowed ? "blocked" : "waiting",
    what,
    why: [
      ...(facts.message.version === "1.6" && facts.message.nonce > 0n
        ? [
            `It is number ${facts.message.nonce} of its sender's ordered messages: those before it come first.`,
          ]
        : []),
      ...simulated(facts, cause),
    ],
    remedies: [
      ...(cause?.fixes ?? []),
      ...(isAllowed
        ? execution(facts, cause)
        : [
            { note: "wait: CCIP executes it by itself" },
            ...(allowedAt === undefined || cause?.isFinal
              ? []
              : [
                  {
                    command: executeCommand(facts, cause?.gas),
                    note: `if it does not: allowed to everybody from ${timeText(allowedAt)} on (in ${formatDuration(allowedAt - now)})`,
                  },
                ]),
          ]),
    ],
  };
}

function diagnoseFailure(facts: MessageFacts, cause: ExecutionFailure | undefined): Diagnosis {
  const { destination, attempts } = facts;
  const last = attempts.findLast(({ state }) => state === "failure");
  const what = `Its execution on ${destination} failed${last ? ` at ${timeText(last.at)}` : ""}; CCIP does not try again by itself.`;
  if (!cause) {
    return {
      verdict: "blocked",
      what,
      why: [
        ...(last ? failureText(facts, last) : []),
        "What stopped it is gone: simulated, it would succeed now.",
      ],
      remedies: [{ command: executeCommand(facts), note: "whoever signs pays the gas" }],
    };
  }
  return {
    verdict: "blocked",
    what,
    why: [cause.why],
    remedies: [...cause.fixes, ...execution(facts, cause)],
  };
}

function causeOf(facts: MessageFacts): ExecutionFailure | undefined {
  const { rehearsal, verification } = facts;
  const refusal = rehearsal?.outcome === "refused" ? rehearsal.returnData : verification?.refusal;
  return refusal === undefined ? undefined : explainExecution(facts, refusal);
}

function progress({ state, isCommitted, verification, destination }: MessageFacts): string {
  if (state === "failure") return `Its execution on ${destination} failed`;
  if (verification) return `It is not executed on ${destination} yet`;
  return isCommitted
    ? `It is committed on ${destination} and not executed yet`
    : `It is not committed on ${destination} yet`;
}
