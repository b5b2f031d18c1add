import { formatTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { uncurse } from "../core/reasons/ccip";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { timeText } from "../core/time";

import { diagnoseExecutedBroadcast, diagnoseOvertaken, isOvertaken } from "./broadcastDiagnosis";
import type { Diagnosis } from "./diagnosis";
import {
  contextOf,
  executeCommand,
  execution,
  explainExecution,
  hasNoExecutor,
  ifHeld,
  simulated,
  sinceSent,
} from "./execution";
import type { ExecutionFailure } from "./execution";
import type { MessageFacts } from "./facts";
import { diagnoseVerified, failureText } from "./verified";

/** Diagnoses a message from its facts. Reads nothing. */
export function diagnoseMessage(facts: MessageFacts): Diagnosis {
  const { payload, state, verification } = facts;
  if (payload.kind === "broadcast") {
    if (state === "success") return diagnoseExecutedBroadcast(facts, payload);
    if (isOvertaken(payload)) return diagnoseOvertaken(facts, payload);
  }
  if (state === "success") return diagnoseSuccess(facts);
  if (facts.curse) return diagnoseCurse(facts);
  if (!facts.isLaneEnabled) return diagnoseClosedLane(facts);
  const failure = failureOf(facts);
  if (verification) return diagnoseVerified(facts, verification, failure);
  if (!facts.isCommitted) return diagnoseUncommitted(facts, failure);
  return state === "untouched"
    ? diagnoseUntouched(facts, failure)
    : diagnoseFailure(facts, failure);
}

function diagnoseSuccess({ payload, destination, message, mesh }: MessageFacts): Diagnosis {
  const got =
    payload.kind === "transfer" && payload.arrived !== undefined
      ? `: ${message.receiver} got ${formatTokens(payload.arrived)} ${mesh.symbol}`
      : "";
  return {
    verdict: "executed",
    what: `It was executed on ${destination}${got}.`,
    why: [],
    remedies: [],
  };
}

function diagnoseCurse(facts: MessageFacts): Diagnosis {
  const { curse, source, destination, message, payload, mesh } = facts;
  const unpause: Recovery = {
    command: command("token unpause", { chain: destination, mesh: mesh.name }),
    note: "the token is paused too: after asking the guardian why",
  };
  return {
    verdict: "blocked",
    what: `${progress(facts)}, and the lane is cursed.`,
    why: [
      `The RMN of ${destination} curses ${curse?.what === "everything" ? "everything" : source}: CCIP ${message.version === "2.0" ? "" : "commits and "}executes nothing from ${source} there.`,
    ],
    remedies: [
      uncurse(contextOf(facts)),
      ...(payload.kind === "transfer" && payload.paused ? [unpause] : []),
      afterCurse(facts),
    ],
  };
}

/** Returns the step after a curse is lifted: a manual execution where CCIP makes none. */
function afterCurse(facts: MessageFacts): Recovery {
  if (facts.state === "failure") {
    return {
      command: executeCommand(facts),
      note: "afterwards: CCIP does not try again by itself",
    };
  }
  return hasNoExecutor(facts)
    ? {
        command: executeCommand(facts),
        note: "afterwards, once its verifiers have answered: it was sent without an executor",
      }
    : { note: "CCIP then goes on by itself" };
}

function diagnoseClosedLane(facts: MessageFacts): Diagnosis {
  const { source, destination } = facts;
  return {
    verdict: "blocked",
    what: `${progress(facts)}, and CCIP takes nothing from ${source} on ${destination} now.`,
    why: [`The owner of CCIP has switched ${source} off in the OffRamp of ${destination}.`],
    remedies: [{ note: "ask Chainlink; nothing is lost meanwhile" }],
  };
}

function diagnoseUncommitted(
  facts: MessageFacts,
  failure: ExecutionFailure | undefined,
): Diagnosis {
  const { source, destination, mesh } = facts;
  return {
    verdict: "waiting",
    what: `It was sent ${sinceSent(facts)} ago and is not committed on ${destination} yet.`,
    why: [
      mesh.live
        ? `CCIP commits what ${source} has sent once ${source} has finalised it, which takes from seconds to half an hour, chain by chain.`
        : "The DON of the local network commits within a second, unless the lane is held: it runs in the terminal of `localnet start`.",
      ...simulated(facts, failure),
    ],
    remedies: [
      ...(failure?.fixes ?? []),
      { note: "wait: CCIP commits and executes it by itself" },
      ...ifHeld(mesh),
    ],
  };
}

function diagnoseUntouched(facts: MessageFacts, failure: ExecutionFailure | undefined): Diagnosis {
  const { committedAt, thresholdSeconds, now, destination, message } = facts;
  const allowedAt = committedAt === undefined ? undefined : committedAt + thresholdSeconds + 1n;
  const isAllowed = allowedAt !== undefined && now >= allowedAt;
  const time =
    committedAt === undefined || now <= committedAt
      ? ""
      : ` for ${formatDuration(now - committedAt)}`;
  const what = `It has been committed on ${destination}${time}, and is not executed yet.`;
  const byHand: Recovery[] =
    allowedAt === undefined || failure?.isFinal
      ? []
      : [
          {
            command: executeCommand(facts, failure?.gas),
            note: `if it does not: allowed to everybody from ${timeText(allowedAt)} on (in ${formatDuration(allowedAt - now)})`,
          },
        ];
  if (isAllowed && !failure) {
    return {
      verdict: "blocked",
      what,
      why: [
        `CCIP has had ${formatDuration(thresholdSeconds)}: anybody may execute it by now. Simulated, it would succeed.`,
      ],
      remedies: execution(facts, failure),
    };
  }
  const isOrdered = message.version === "1.6" && message.nonce > 0n;
  return {
    verdict: isAllowed ? "blocked" : "waiting",
    what,
    why: [
      ...(isOrdered
        ? [
            `It is number ${message.nonce} of its sender's ordered messages: those before it come first.`,
          ]
        : []),
      ...simulated(facts, failure),
    ],
    remedies: [
      ...(failure?.fixes ?? []),
      ...(isAllowed
        ? execution(facts, failure)
        : [{ note: "wait: CCIP executes it by itself" }, ...byHand]),
    ],
  };
}

function diagnoseFailure(facts: MessageFacts, failure: ExecutionFailure | undefined): Diagnosis {
  const { destination, attempts } = facts;
  const last = attempts.findLast(({ state }) => state === "failure");
  return {
    verdict: "blocked",
    what: `Its execution on ${destination} failed${last ? ` at ${timeText(last.at)}` : ""}; CCIP does not try again by itself.`,
    why: failure
      ? [failure.why]
      : [
          ...(last ? failureText(facts, last) : []),
          "The cause is gone: simulated, it would succeed now.",
        ],
    remedies: [...(failure?.fixes ?? []), ...execution(facts, failure)],
  };
}

function failureOf(facts: MessageFacts): ExecutionFailure | undefined {
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
