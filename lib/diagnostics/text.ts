import type { Message20 } from "ccip-localnet/protocol";

import { formatTokens } from "../core/amount";
import { finalityText } from "../core/finality";
import { timeText } from "../core/time";

import type { DoctorReport } from "./diagnose";
import type { ExecutionAttempt, MessageFacts } from "./facts";
import { decode } from "../core/revert/revertChain";
import type { Diagnosis } from "./diagnosis";
import { hasNoExecutor } from "./execution";
import type { VerificationFacts } from "./verifiers";

/** Formats a report: the object, the layers of its revert, and the recovery. */
export function reportText(report: DoctorReport): string {
  const { diagnosis, revertChain } = report;
  const width = Math.max(...revertChain.map(({ contract }) => contract.length));
  return [
    ...heading(report),
    ...(revertChain.length > 0 ? ["  refused by"] : []),
    ...revertChain.map(({ contract, error }) => `    ${contract.padEnd(width)}  ${error}`),
    "",
    ...diagnosisText(diagnosis),
  ].join("\n");
}

function heading(report: DoctorReport): string[] {
  switch (report.kind) {
    case "message":
      return messageText(report.facts);
    case "reverted": {
      const { chain, transactionHash, from, call, at } = report.facts;
      return [
        `transaction ${transactionHash}`,
        `  ${call.contract}.${call.function} on ${chain}, from ${from}`,
        `  mined      ${timeText(at)}, and reverted`,
      ];
    }
    case "refused lane": {
      const { home, epoch, transactionHash } = report.facts;
      return [
        `broadcast of epoch ${epoch} in ${transactionHash}`,
        `  from      ${home.name}, ${home.contracts.broadcaster} (broadcaster)`,
      ];
    }
    case "refused proposal": {
      const { home, nonce, transactionHash } = report.facts;
      return [
        `proposal ${nonce} in ${transactionHash}`,
        `  from      ${home.name}, ${home.contracts.proposalSender} (proposal sender)`,
      ];
    }
    case "pending":
      return [`transaction ${report.facts.transactionHash}`];
  }
}

function messageText(facts: MessageFacts): string[] {
  const { message, source, destination, sentAt, isCommitted, committedAt, attempts } = facts;
  const committed = committedAt === undefined ? "yes" : timeText(committedAt);
  return [
    `message ${message.messageId}`,
    `  ${payloadText(facts)}`,
    `  ${source} -> ${destination}, number ${message.sequenceNumber} on this lane, from ${message.sender} to ${message.receiver}`,
    `  sent       ${timeText(sentAt)}  block ${message.blockNumber}  ${message.transactionHash}`,
    ...(message.version === "1.6"
      ? [`  committed  ${isCommitted ? committed : "not yet"}`]
      : verifiedLines(facts, message)),
    ...attempts.map(attemptText),
    ...unloggedText(facts),
    `  read at    ${timeText(facts.now)}  block ${facts.blockNumber} of ${destination}`,
  ];
}

/** Describes the state of an execution whose log is missing, or that there is none. */
function unloggedText({ state, attempts, destination }: MessageFacts): string[] {
  if (state === "untouched" || state === "in progress") return ["  executed   not yet"];
  if (attempts.some((attempt) => attempt.state === state)) return [];
  const what = state === "success" ? "executed   yes" : "failed     yes";
  return [`  ${what}; the endpoint of ${destination} leaves out the log of it`];
}

function attemptText(attempt: ExecutionAttempt): string {
  const { state, at, transactionHash, gasUsed, from, gasLimit } = attempt;
  const verb = state === "success" ? "executed  " : "failed    ";
  const gas = gasUsed === undefined ? "" : `${gasUsed} gas  `;
  const by = from === undefined ? "" : `  by ${from}, with ${gasLimit} gas`;
  return `  ${verb} ${timeText(at)}  ${gas}${transactionHash}${by}`;
}

/** Formats the required and available verifier results of a CCIP 2.0 message. */
function verifiedLines(facts: MessageFacts, message: Message20): string[] {
  const { verification, gasNeeded, rehearsal, source } = facts;
  const receiverUsed = rehearsal?.outcome === "success" ? rehearsal.receiverGasUsed : undefined;
  const needed = gasNeeded === undefined ? "" : `, and it takes ${gasNeeded} now`;
  const receiver = receiverUsed === undefined ? "" : `, which uses ${receiverUsed} now`;
  const reached =
    verification?.isFinal === undefined ? "" : verification.isFinal ? ", reached" : ", not reached";
  return [
    `  executor   ${hasNoExecutor(facts) ? "none: it is executed by hand" : `${message.executor} on ${source}`}`,
    `  gas        ${message.executionGas} for the execution${needed}; ${message.gasLimit} of it for the receiver${receiver}`,
    `  finality   ${finalityText(message.finality)}${reached}`,
    ...(verification ? verifierLines(verification) : []),
  ];
}

function verifierLines({ required, optional }: VerificationFacts): string[] {
  const { threshold, verifiers } = optional;
  return [...required, ...verifiers].map(({ verifier, answer, refusal, signatures }, i) => {
    const need =
      i < required.length
        ? "required"
        : `one of ${verifiers.length} of which ${threshold} are required`;
    const committee = signatures
      ? `, ${signatures.threshold} of ${signatures.members} signatures`
      : "";
    const why = refusal === undefined ? "" : ` with ${decode(refusal).name}`;
    return `  ${i === 0 ? "verifiers" : "         "}  ${verifier}  ${need}${committee}: ${ANSWERS[answer]}${why}`;
  });
}

const ANSWERS = {
  answered: "answered",
  refused: "results are refused",
  missing: "has not answered",
  unknown: "not known whether it has answered",
} as const;

function payloadText({ payload, message, mesh }: MessageFacts): string {
  if (payload.kind === "transfer") {
    const { amount, poolData, worth, arrived } = payload;
    const parts = [
      `transfer of ${formatTokens(amount)} ${mesh.symbol}`,
      ...(poolData ? [`${poolData.shares} shares`, `left at epoch ${poolData.epoch}`] : []),
      ...(worth === undefined ? [] : [`worth ${formatTokens(worth)} ${mesh.symbol} there now`]),
      ...(arrived === undefined ? [] : [`arrived as ${formatTokens(arrived)} ${mesh.symbol}`]),
    ];
    return parts.join(", ");
  }
  if (payload.kind === "broadcast") {
    const { decodedBroadcast, epoch, homeEpoch } = payload;
    const what = decodedBroadcast
      ? `broadcast of epoch ${decodedBroadcast.epoch}`
      : "broadcast that cannot be read";
    return `${what}; home is at epoch ${homeEpoch}, the satellite at ${epoch}`;
  }
  if (payload.kind === "proposal") {
    const { data, calls } = payload;
    return data
      ? `proposal ${data.nonce}, valid until ${timeText(data.validUntil)}: ${calls.join("; ")}`
      : "proposal that cannot be read";
  }
  const tokens = message.tokens.length === 1 ? "1 token" : `${message.tokens.length} tokens`;
  return `message of somebody else: ${tokens}, ${(message.data.length - 2) / 2} bytes of data`;
}

function diagnosisText({ verdict, what, why, remedies }: Diagnosis): string[] {
  return [
    `${verdict}: ${what}`,
    ...why.map((sentence) => `  ${sentence}`),
    ...remedies.flatMap(({ command, note }, i) => {
      const number = `${i + 1}.`;
      return command === undefined
        ? [`  ${number} ${note}`]
        : [`  ${number} ${command}`, `     ${note}`];
    }),
  ];
}
