import { isVerifierError } from "../core/reasons/verifiers";
import type { Recovery } from "../core/recovery";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";

import type { Diagnosis } from "./diagnosis";
import {
  executeCommand,
  execution,
  explainExecution,
  hasNoExecutor,
  ifHeld,
  simulated,
  sinceSent,
} from "./execution";
import type { ExecutionFailure } from "./execution";
import type { ExecutionAttempt, MessageFacts } from "./facts";
import type { VerificationFacts, VerifierFacts } from "./verifiers";

/** Diagnoses a message of CCIP 2.0 that nobody has tried to execute. Reads nothing. */
export function diagnoseUnexecuted(
  facts: MessageFacts,
  verification: VerificationFacts,
  failure: ExecutionFailure | undefined,
): Diagnosis {
  const { source, destination, message, mesh } = facts;
  const { isVerified, isFinal, refusal, required } = verification;
  const isManual = hasNoExecutor(facts);
  const mustExecute = isVerified && isManual;
  const isRefused =
    refusal !== undefined ||
    required.some(({ answer, isUnusable }) => answer === "refused" || isUnusable);
  const executor = message.version === "2.0" ? message.executor : "";
  const wait = [
    { note: `wait: its executor (${executor} on ${source}) executes it by itself, once` },
    ...ifHeld(mesh),
  ];
  return {
    verdict: failure || mustExecute || isRefused ? "blocked" : "waiting",
    what: `It was sent ${sinceSent(facts)} ago and is not executed on ${destination} yet.`,
    why: [
      ...verificationText(facts, verification),
      ...(isFinal === false
        ? [
            `${source} has not finalised block ${message.blockNumber} yet: no verifier answers before.`,
          ]
        : []),
      ...(isManual ? ["It was sent without an executor: it is executed by hand."] : []),
      ...simulated(facts, failure),
      ...budgetText(facts),
    ],
    remedies: isVerified
      ? [...(mustExecute ? [] : wait), ...execution(facts, failure)]
      : obtainResults(facts, verification, failure),
  };
}

/** Returns why an execution failed that would succeed now. */
export function failureText(
  { gasNeeded }: Pick<MessageFacts, "gasNeeded">,
  { returnData, gasLimit, from }: ExecutionAttempt,
): string[] {
  const { name, data } = innermost(decode(returnData));
  const who = from === undefined ? "it was executed" : `${from} executed it`;
  if (isVerifierError(name)) {
    return [
      `It failed with ${name}: ${who} without the right results of its verifiers. That proves nothing against the message, and takes no right.`,
    ];
  }
  if (gasLimit === undefined) return [];
  // A revert without data has many causes, including too little gas.
  const isOutOfGas =
    GAS_ERRORS.has(name) ||
    (data === "0x" && gasNeeded !== undefined && gasLimit < gasNeeded + TRANSACTION_GAS);
  const needed =
    gasNeeded === undefined
      ? ""
      : `, and it takes about ${gasNeeded} besides the transaction's own`;
  return isOutOfGas ? [`It ran out of gas: ${who} with ${gasLimit} gas${needed}.`] : [];
}

/** Returns why an executor fails that uses only the gas that the sender paid for. */
export function budgetText({ gasNeeded, message }: MessageFacts): string[] {
  if (message.version !== "2.0" || gasNeeded === undefined) return [];
  if (gasNeeded <= message.executionGas) return [];
  return [
    `The message brings ${message.executionGas} gas for its execution, and it takes ${gasNeeded}: an executor that gives no more fails. An execution by hand gives what it takes.`,
  ];
}

/** Gas that a transaction uses before the OffRamp forwards any. */
const TRANSACTION_GAS = 60_000n;

/** Errors of an execution that had too little gas. */
const GAS_ERRORS = new Set([
  "InsufficientGasForStaticCall",
  "NotEnoughGasForCall",
  "NoGasForCallExactCheck",
]);

/** Describes the state of a message's verification, one sentence per fact. */
export function verificationText(facts: MessageFacts, verification: VerificationFacts): string[] {
  const { required, optional, refusal, isVerified, unavailable } = verification;
  const { destination, sourceCurse } = facts;
  if (refusal !== undefined) {
    return [`The OffRamp of ${destination} does not say which verifiers the message needs.`];
  }
  if (isVerified) return ["It is verified: all verifiers that it needs have answered."];
  const open = required.filter(({ answer }) => answer !== "answered");
  if ([...required, ...optional.verifiers].some(({ answer }) => answer === "unknown")) {
    return [
      `Whether its verifiers have answered is not known here: they answer off chain${unavailable === undefined ? "" : ` (${unavailable})`}.`,
      ...open.filter(({ isUnusable }) => isUnusable).map((one) => openText(facts, one)),
    ];
  }
  const answered = optional.verifiers.filter(({ answer }) => answer === "answered").length;
  const refused = optional.verifiers.filter(({ answer }) => answer === "refused");
  return [
    "It is not verified, and the OffRamp executes nothing that is not.",
    ...(sourceCurse
      ? [
          `The RMN of ${facts.source} curses ${sourceCurse === "everything" ? "everything" : destination}: verifiers hold back what left over such a lane.`,
        ]
      : []),
    ...open.map((one) => openText(facts, one)),
    ...(answered < optional.threshold
      ? [
          `Of its optional verifiers ${answered} of at least ${optional.threshold} have answered.`,
          ...refused.map((one) => openText(facts, one)),
        ]
      : []),
  ];
}

function openText(facts: MessageFacts, { verifier, refusal, isUnusable }: VerifierFacts): string {
  const { destination } = facts;
  if (isUnusable) {
    return `The verifier ${verifier} on ${destination} is not a resolver: the OffRamp cannot call it, so no message that needs it is ever executed.`;
  }
  if (refusal === undefined) return `The verifier ${verifier} has not answered.`;
  const inner = innermost(decode(refusal));
  return `The results of the verifier ${verifier} are refused with ${inner.name}: ${explainExecution(facts, inner).why}`;
}

/** Returns the ways to obtain the missing results. */
export function obtainResults(
  facts: MessageFacts,
  { required, asked }: VerificationFacts,
  failure: ExecutionFailure | undefined,
): Recovery[] {
  if (failure?.isFinal) return [];
  if (required.some(({ isUnusable }) => isUnusable)) {
    return [
      {
        note: "the account that named the verifier (CCIP's owner for the lane, the owner of the pool or of the receiver) has to name its resolver; nothing is lost meanwhile",
      },
    ];
  }
  const isFailed = facts.state === "failure";
  const wait = isFailed
    ? "wait for the verifiers; the executor does not try again by itself"
    : `wait: its verifiers answer${hasNoExecutor(facts) ? "" : " and its executor executes it"} by themselves`;
  return [
    {
      note: required.some(({ answer }) => answer === "refused")
        ? "have the operator of the verifier publish results that its committee has signed"
        : wait,
    },
    ...(isFailed ? [] : ifHeld(facts.mesh)),
    {
      command: `${executeCommand(facts, failure?.gas)} --results <file>`,
      note: `with results at hand, which anybody may publish${asked === undefined ? "" : ` (looked for in ${asked})`}`,
    },
  ];
}
