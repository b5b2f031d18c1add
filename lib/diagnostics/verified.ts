import { formatDuration } from "../core/duration";
import { timeText } from "../core/time";

import { executeCommand, execution, explainExecution, simulated } from "./execution";
import type { ExecutionFailure } from "./execution";
import type { Attempt, MessageFacts } from "./facts";
import { isVerifierError } from "../core/reasons/verifiers";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";

import type { Diagnosis } from "./diagnosis";
import type { VerificationFacts, VerifierFacts } from "./verifiers";

/** `Client.NO_EXECUTION_ADDRESS`: whoever sent the message has paid nobody for executing it. */
const NO_EXECUTION = "0xEBa517d200000000000000000000000000000000";

/** What comes of a message of CCIP 2.0 that is not executed. Reads nothing. */
export function diagnoseVerified(
  facts: MessageFacts,
  verification: VerificationFacts,
  cause: ExecutionFailure | undefined,
): Diagnosis {
  return facts.state === "failure"
    ? diagnoseFailed(facts, verification, cause)
    : diagnoseUnexecuted(facts, verification, cause);
}

/** Whether whoever sent a message wants it to be executed by hand. */
export function hasNoExecutor({ message }: Pick<MessageFacts, "message">): boolean {
  return message.version === "2.0" && message.executor === NO_EXECUTION;
}

/** A message that nobody has tried to execute. */
function diagnoseUnexecuted(
  facts: MessageFacts,
  verification: VerificationFacts,
  cause: ExecutionFailure | undefined,
): Diagnosis {
  const { source, destination, sentAt, now, message } = facts;
  const waited = now > sentAt ? now - sentAt : 0n;
  const mustExecute = verification.isVerified && hasNoExecutor(facts);
  const isBlocked = cause !== undefined || mustExecute || isRefused(verification);
  return {
    verdict: isBlocked ? "blocked" : "waiting",
    what: `It was sent ${formatDuration(waited)} ago and nobody has executed it on ${destination} yet.`,
    why: [
      ...verificationText(facts, verification),
      ...(verification.isFinal === false
        ? [`${source} has not finalised block ${message.blockNumber} yet: nobody answers before.`]
        : []),
      ...(hasNoExecutor(facts) ? ["It was sent without an executor: it is executed by hand."] : []),
      ...simulated(facts, cause),
      ...budgetText(facts),
    ],
    remedies: [
      ...(cause?.fixes ?? []),
      ...(verification.isVerified
        ? [...(mustExecute ? [] : waitForExecutor(facts)), ...execution(facts, cause)]
        : obtainResults(facts, verification, cause)),
    ],
  };
}

/** A message whose execution failed, which says nothing of it: anybody may bring that about. */
function diagnoseFailed(
  facts: MessageFacts,
  verification: VerificationFacts,
  cause: ExecutionFailure | undefined,
): Diagnosis {
  const { destination, attempts } = facts;
  const last = attempts.findLast(({ state }) => state === "failure");
  return {
    verdict: "blocked",
    what: `Its execution on ${destination} failed${last ? ` at ${timeText(last.at)}` : ""}; anybody may try again at once.`,
    why: [
      ...(cause ? [cause.why] : [...(last ? failureText(facts, last) : []), outlook(verification)]),
      ...budgetText(facts),
      ...(verification.isVerified ? [] : verificationText(facts, verification)),
    ],
    remedies: [
      ...(cause?.fixes ?? []),
      ...(verification.isVerified
        ? execution(facts, cause)
        : obtainResults(facts, verification, cause)),
    ],
  };
}

function outlook({ isVerified }: VerificationFacts): string {
  return isVerified
    ? "What stopped it is gone: simulated, it would succeed now."
    : "Simulated, neither its pool nor its receiver would refuse it now.";
}

/** Why an execution failed that would succeed now. */
export function failureText(
  { gasNeeded }: Pick<MessageFacts, "gasNeeded">,
  { returnData, gasLimit, from }: Attempt,
): string[] {
  const { name, data } = innermost(decode(returnData));
  const who = from === undefined ? "it was executed" : `${from} executed it`;
  if (isVerifierError(name)) {
    return [
      `It failed with ${name}: ${who} without the right results of its verifiers. That proves nothing against the message, and takes no right.`,
    ];
  }
  if (gasLimit === undefined) return [];
  // Silence has many reasons: less gas than it takes is one.
  const isDry =
    DRY_ERRORS.has(name) ||
    (data === "0x" && gasNeeded !== undefined && gasLimit < gasNeeded + TRANSACTION_GAS);
  const needed =
    gasNeeded === undefined
      ? ""
      : `, and it takes about ${gasNeeded} besides the transaction's own`;
  return isDry ? [`It ran out of gas: ${who} with ${gasLimit} gas${needed}.`] : [];
}

/** Why executors fail that give what the sender has paid for: it is less than the execution takes. */
function budgetText({ gasNeeded, message }: MessageFacts): string[] {
  if (message.version !== "2.0" || gasNeeded === undefined) return [];
  return gasNeeded <= message.executionGas
    ? []
    : [
        `The message brings ${message.executionGas} gas for its execution, and it takes ${gasNeeded}: an executor that gives no more fails. Whoever executes it by hand gives what it takes.`,
      ];
}

/** Gas that a transaction takes before the OffRamp hands any on. */
const TRANSACTION_GAS = 60_000n;

/** Errors of an execution that had too little gas. */
const DRY_ERRORS = new Set([
  "InsufficientGasForStaticCall",
  "NotEnoughGasForCall",
  "NoGasForCallExactCheck",
]);

/** Who has vouched for a message, who has not, and what comes of it, a sentence each. */
export function verificationText(facts: MessageFacts, verification: VerificationFacts): string[] {
  const { required, optional, refusal, isVerified, unavailable } = verification;
  const { destination } = facts;
  if (refusal !== undefined) {
    return [`The OffRamp of ${destination} does not say which verifiers the message needs.`];
  }
  if (isVerified) return ["It is verified: all verifiers that it needs have answered."];
  const all = [...required, ...optional.verifiers];
  const answered = optional.verifiers.filter(({ answer }) => answer === "answered").length;
  const open = required.filter(({ answer }) => answer !== "answered");
  if (all.some(({ answer }) => answer === "unknown")) {
    return [
      `Whether its verifiers have answered is not known here: they answer off chain${unavailable === undefined ? "" : ` (${unavailable})`}.`,
      ...open.filter(({ isUnusable }) => isUnusable).map((one) => openText(facts, one)),
    ];
  }
  return [
    "It is not verified, and the OffRamp executes nothing that is not.",
    ...(facts.sourceCurse
      ? [
          `The RMN of ${facts.source} curses ${facts.sourceCurse === "everything" ? "everything" : destination}: verifiers hold back what left over such a lane.`,
        ]
      : []),
    ...open.map((one) => openText(facts, one)),
    ...(answered < optional.threshold
      ? [
          `Of its optional verifiers ${answered} of at least ${optional.threshold} have answered.`,
          ...optional.verifiers
            .filter(({ answer }) => answer === "refused")
            .map((one) => openText(facts, one)),
        ]
      : []),
  ];
}

function openText(facts: MessageFacts, { verifier, refusal, isUnusable }: VerifierFacts): string {
  const { destination } = facts;
  if (isUnusable) {
    return `The verifier ${verifier} on ${destination} is no resolver: the OffRamp can ask it nothing, so no message that needs it is ever executed.`;
  }
  if (refusal === undefined) return `The verifier ${verifier} has not answered.`;
  const inner = innermost(decode(refusal));
  return `The results of the verifier ${verifier} are refused with ${inner.name}: ${explainExecution(facts, inner).why}`;
}

/** Whether somebody has to do something before a message can be verified. */
function isRefused({ required, refusal }: VerificationFacts): boolean {
  return (
    refusal !== undefined ||
    required.some(({ answer, isUnusable }) => answer === "refused" || isUnusable)
  );
}

/** What brings the results that are not at hand. */
function obtainResults(
  facts: MessageFacts,
  verification: VerificationFacts,
  cause: ExecutionFailure | undefined,
): Recovery[] {
  if (cause?.isFinal) return [];
  const { mesh } = facts;
  const { required, asked } = verification;
  if (required.some(({ isUnusable }) => isUnusable)) {
    return [
      {
        note: "whoever named that verifier (CCIP's owner for the lane, the owner of the pool or of the receiver) has to name its resolver; nothing is lost meanwhile",
      },
    ];
  }
  const isWrong = required.some(({ answer }) => answer === "refused");
  const isFailed = facts.state === "failure";
  return [
    isWrong
      ? { note: "have whoever runs the verifier publish results that its committee has signed" }
      : {
          note: isFailed
            ? "wait for the verifiers; the executor does not try again by itself"
            : `wait: its verifiers answer${hasNoExecutor(facts) ? "" : " and its executor executes it"} by themselves`,
        },
    ...(isFailed ? [] : ifHeld(mesh)),
    {
      command: `${executeCommand(facts, cause?.gas)} --results <file>`,
      note: `with results at hand, which anybody may publish${asked === undefined ? "" : ` (looked for in ${asked})`}`,
    },
  ];
}

function waitForExecutor({ message, source, mesh }: MessageFacts): Recovery[] {
  const executor = message.version === "2.0" ? message.executor : "";
  return [
    { note: `wait: its executor (${executor} on ${source}) executes it by itself, once` },
    ...ifHeld(mesh),
  ];
}

function ifHeld({ live }: MessageFacts["mesh"]): Recovery[] {
  return live ? [] : [{ command: command("localnet release", {}), note: "if the lane is held" }];
}
