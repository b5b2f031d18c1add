import type { Revert } from "ccip-localnet/protocol";

import { formatDuration } from "../core/duration";
import { explainRevert } from "../core/reasons/catalogue";
import type { Explanation, ReasonContext } from "../core/reasons/reason";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";

import type { EnoughGas, MessageFacts } from "./facts";

/** `Client.NO_EXECUTION_ADDRESS`: the sender paid for no executor. */
const NO_EXECUTION = "0xEBa517d200000000000000000000000000000000";

/** The cause of a failed execution, and a sufficient gas limit where gas is the cause. */
export interface ExecutionFailure extends Explanation {
  readonly gas?: EnoughGas;
}

/** Explains why a message fails at its destination. */
export function explainExecution(facts: MessageFacts, refusal: string | Revert): ExecutionFailure {
  const decoded = typeof refusal === "string" ? decode(refusal) : refusal;
  // An OffRamp of CCIP 2.0 wraps the reason again when a failed message fails again.
  const revert = decoded.name === "NoStateProgressMade" ? (decoded.cause ?? decoded) : decoded;
  const inner = innermost(revert);
  if (inner.name === "empty") return explainSilence(facts, revert);
  const explanation = explainRevert(contextOf(facts), inner);
  if (inner.name === "DeliveryGasTooLow") return { ...explanation, gas: facts.enough };
  if (explanation.fixes.length > 0 || explanation.isFinal) return explanation;
  return { ...explanation, fixes: [FIX_FIRST] };
}

const FIX_FIRST: Recovery = {
  note: "have the contract that refused it fixed, then execute the message",
};

/** Returns the context of a message for the catalogue of revert reasons. */
export function contextOf(facts: MessageFacts): ReasonContext {
  const { mesh, message, source, destination, now, curse, offRamp, payload } = facts;
  return {
    mesh,
    direction: "execution",
    chain: destination,
    peer: source,
    at: now,
    curse,
    limits: payload.kind === "transfer" ? payload.limits : undefined,
    message: {
      ...message,
      kind: payload.kind,
      isOurs: payload.kind === "transfer" ? payload.isOurs : payload.kind !== "foreign",
      offRamp,
      incoming: payload.kind === "transfer" ? payload.worth : undefined,
    },
  };
}

/** Explains a revert without data: out of gas if a higher limit helps, a bare revert otherwise. */
function explainSilence(
  { destination, message, enough }: MessageFacts,
  { name }: Revert,
): ExecutionFailure {
  const isReceiver = name === "ReceiverError";
  const who = `${isReceiver ? `The receiver ${message.receiver}` : "The pool"} on ${destination}`;
  const given = isReceiver ? message.gasLimit : (message.tokens[0]?.destinationGas ?? 0n);
  const found = isReceiver ? enough?.receiverGas : enough?.tokenGas;
  return {
    name: "empty",
    isFinal: false,
    why:
      found === undefined
        ? `${who} reverts without a reason, with any amount of gas: more gas does not help.`
        : `${who} ran out of gas: it was given ${given}, and succeeds with ${found} (simulated).`,
    fixes: found === undefined ? [FIX_FIRST] : [],
    gas: enough,
  };
}

/** Returns the command that executes a message manually. */
export function executeCommand(
  { mesh, message }: Pick<MessageFacts, "mesh" | "message">,
  gas: EnoughGas = {},
): string {
  return command(`message execute ${message.messageId}`, {
    "receiver-gas": gas.receiverGas,
    "token-gas": gas.tokenGas,
    mesh: mesh.name,
  });
}

/** Returns the manual execution that follows the fixes; nothing where none can ever succeed. */
export function execution(facts: MessageFacts, failure: ExecutionFailure | undefined): Recovery[] {
  if (failure?.isFinal) return [];
  const note = failure?.fixes.length ? "afterwards" : "the account that signs pays the gas";
  return [{ command: executeCommand(facts, failure?.gas), note }];
}

/** Returns the outcome of an execution in the current state, one sentence per fact. */
export function simulated(
  { rehearsal, message, verification }: MessageFacts,
  failure: ExecutionFailure | undefined,
): string[] {
  if (failure) return ["As things are its execution would fail:", failure.why];
  if (!rehearsal) return [];
  return [
    message.version === "2.0" && !verification?.isVerified
      ? "Simulated, neither its pool nor its receiver would refuse it."
      : "Simulated, it would succeed as things are.",
  ];
}

/** Returns whether a message was sent for manual execution. */
export function hasNoExecutor({ message }: Pick<MessageFacts, "message">): boolean {
  return message.version === "2.0" && message.executor === NO_EXECUTION;
}

/** Returns the command that resumes a local network; nothing on live chains. */
export function ifHeld({ live }: MessageFacts["mesh"]): Recovery[] {
  return live ? [] : [{ command: command("localnet release", {}), note: "if the lane is held" }];
}

/** Returns the time since a message was sent, as text. */
export function sinceSent({ sentAt, now }: Pick<MessageFacts, "sentAt" | "now">): string {
  return formatDuration(now > sentAt ? now - sentAt : 0n);
}
