import { formatTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { uncurse } from "../core/reasons/ccip";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { timeText } from "../core/time";

import { diagnoseExecutedBroadcast, isOvertaken } from "./broadcastDiagnosis";
import { plainly } from "./diagnosis";
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
import { diagnoseProposal } from "./proposalDiagnosis";
import { diagnoseWrapped } from "./wrappedDiagnosis";
import {
  budgetText,
  diagnoseUnexecuted,
  failureText,
  obtainResults,
  verificationText,
} from "./verified";

/** Diagnoses a message from its facts. Reads nothing. */
export function diagnoseMessage(facts: MessageFacts): Diagnosis {
  const { payload, state, verification, rehearsal, source, destination } = facts;
  if (payload.kind === "broadcast") {
    if (state === "success") return diagnoseExecutedBroadcast(facts, payload);
    if (isOvertaken(payload)) {
      return plainly(
        "superseded",
        `It ${state === "failure" ? "failed" : "has not been executed"}, and does not have to be: it brings epoch ${payload.decodedBroadcast?.epoch}, and ${destination} is at ${payload.epoch}.`,
      );
    }
  }
  const settled = payload.kind === "proposal" ? diagnoseProposal(facts, payload) : undefined;
  if (settled) return settled;
  if (state === "success") return diagnoseSuccess(facts);
  if (facts.curse) return diagnoseCurse(facts, facts.curse);
  if (!facts.isLaneEnabled) {
    return {
      verdict: "blocked",
      what: `${progress(facts)}, and CCIP takes nothing from ${source} on ${destination} now.`,
      why: [`The owner of CCIP has switched ${source} off in the OffRamp of ${destination}.`],
      remedies: [{ note: "ask Chainlink; nothing is lost meanwhile" }],
    };
  }
  const refusal = rehearsal?.outcome === "refused" ? rehearsal.returnData : verification?.refusal;
  const failure = refusal === undefined ? undefined : explainExecution(facts, refusal);
  const diagnosis = diagnoseUndelivered(facts, failure);
  return { ...diagnosis, remedies: [...(failure?.fixes ?? []), ...diagnosis.remedies] };
}

/** Diagnoses a message that failed, or waits for its execution, without the fixes of the failure. */
function diagnoseUndelivered(
  facts: MessageFacts,
  failure: ExecutionFailure | undefined,
): Diagnosis {
  const { state, verification, isCommitted } = facts;
  if (state === "failure") return diagnoseFailure(facts, failure);
  if (verification) return diagnoseUnexecuted(facts, verification, failure);
  return isCommitted ? diagnoseCommitted(facts, failure) : diagnoseUncommitted(facts, failure);
}

function diagnoseSuccess(facts: MessageFacts): Diagnosis {
  const { payload, destination, message, mesh } = facts;
  if (payload.kind === "transfer" && payload.wrapped?.arrival) {
    return diagnoseWrapped(facts, payload.wrapped, payload.wrapped.arrival);
  }
  const got =
    payload.kind === "transfer" && payload.arrived !== undefined
      ? `: ${message.receiver} got ${formatTokens(payload.arrived)} ${mesh.symbol}`
      : "";
  return plainly("executed", `It was executed on ${destination}${got}.`);
}

function diagnoseCurse(
  facts: MessageFacts,
  { what }: NonNullable<MessageFacts["curse"]>,
): Diagnosis {
  const { source, destination, message, payload, mesh } = facts;
  const unpause: Recovery = {
    command: command("token unpause", { chain: destination, mesh: mesh.name }),
    note: "the token is paused too: after asking the guardian why",
  };
  return {
    verdict: "blocked",
    what: `${progress(facts)}, and the lane is cursed.`,
    why: [
      `The RMN of ${destination} curses ${what === "everything" ? "everything" : source}: CCIP ${message.version === "2.0" ? "" : "commits and "}executes nothing from ${source} there.`,
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
  const isFailed = facts.state === "failure";
  if (!isFailed && !hasNoExecutor(facts)) return { note: "CCIP then goes on by itself" };
  return {
    command: executeCommand(facts),
    note: isFailed
      ? "afterwards: CCIP does not try again by itself"
      : "afterwards, once its verifiers have answered: it was sent without an executor",
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
    remedies: [{ note: "wait: CCIP commits and executes it by itself" }, ...ifHeld(mesh)],
  };
}

/** Diagnoses a committed message of CCIP 1.6, which only CCIP may execute for some hours. */
function diagnoseCommitted(facts: MessageFacts, failure: ExecutionFailure | undefined): Diagnosis {
  const { committedAt, thresholdSeconds, now, destination, message } = facts;
  const allowedAt = committedAt === undefined ? undefined : committedAt + thresholdSeconds + 1n;
  const isAllowed = allowedAt !== undefined && now >= allowedAt;
  const time =
    committedAt === undefined || now <= committedAt
      ? ""
      : ` for ${formatDuration(now - committedAt)}`;
  const byHand: Recovery[] =
    allowedAt === undefined || failure?.isFinal
      ? []
      : [
          {
            command: executeCommand(facts, failure?.gas),
            note: `if it does not: allowed to everybody from ${timeText(allowedAt)} on (in ${formatDuration(allowedAt - now)})`,
          },
        ];
  const ordered =
    message.version === "1.6" && message.nonce > 0n
      ? [
          `It is number ${message.nonce} of its sender's ordered messages: those before it come first.`,
        ]
      : [];
  return {
    verdict: isAllowed ? "blocked" : "waiting",
    what: `It has been committed on ${destination}${time}, and is not executed yet.`,
    why:
      isAllowed && !failure
        ? [
            `CCIP has had ${formatDuration(thresholdSeconds)}: anybody may execute it by now. Simulated, it would succeed.`,
          ]
        : [...ordered, ...simulated(facts, failure)],
    remedies: isAllowed
      ? execution(facts, failure)
      : [{ note: "wait: CCIP executes it by itself" }, ...byHand],
  };
}

/** Diagnoses a failed execution. In CCIP 2.0 it is no proof against the message: any account can cause one. */
function diagnoseFailure(facts: MessageFacts, failure: ExecutionFailure | undefined): Diagnosis {
  const { destination, attempts, verification } = facts;
  const last = attempts.findLast(({ state }) => state === "failure");
  const unverified = verification?.isVerified ? undefined : verification;
  return {
    verdict: "blocked",
    what: `Its execution on ${destination} failed${last ? ` at ${timeText(last.at)}` : ""}; ${verification ? "anybody may try again at once" : "CCIP does not try again by itself"}.`,
    why: [
      ...(failure
        ? [failure.why]
        : [
            ...(last ? failureText(facts, last) : []),
            unverified
              ? "Simulated, neither its pool nor its receiver would refuse it now."
              : "The cause is gone: simulated, it would succeed now.",
          ]),
      ...budgetText(facts),
      ...(unverified ? verificationText(facts, unverified) : []),
    ],
    remedies: unverified ? obtainResults(facts, unverified, failure) : execution(facts, failure),
  };
}

function progress({ state, isCommitted, verification, destination }: MessageFacts): string {
  if (state === "failure") return `Its execution on ${destination} failed`;
  if (verification) return `It is not executed on ${destination} yet`;
  return isCommitted
    ? `It is committed on ${destination} and not executed yet`
    : `It is not committed on ${destination} yet`;
}
