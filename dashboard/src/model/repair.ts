import { lastRead } from "./reading";
import type { Reading } from "./reading";
import type { RefusedBroadcast, TrackedMessage } from "./messages";
import { duration, unknownUntil } from "./words";

/** Actions for a message that has not arrived. */
export interface Repairs {
  /** True if it can be executed manually on its destination. */
  readonly execute: boolean;
  /** True if the newest index can be broadcast to its destination. */
  readonly broadcast: boolean;
  /** Explanation if there is no action, where one is needed. */
  readonly note: string | undefined;
}

/** Facts about the destination of a message. */
export interface RepairFacts {
  /** The epoch of the destination. */
  readonly epochThere: Reading<bigint>;
  /** Seconds that CCIP 1.6 has to execute a message before any account may; undefined while unknown. */
  readonly executionThreshold: number | undefined;
  /** True where results of CCIP 2.0 verifiers are published for this page. */
  readonly findsVerifications: boolean;
  /** Seconds since it was sent. */
  readonly age: number;
}

/** Age from which a message counts as overdue, seconds. */
const OVERDUE = 30 * 60;

/**
 * Returns the actions for a message that any account may take. A failed message is executed manually; so is a
 * committed one after CCIP 1.6's time for it has passed, and one of CCIP 2.0, which requires the results of its
 * verifiers, at any time. A broadcast is superseded by the newest one.
 */
export function repairsOf(
  message: TrackedMessage | RefusedBroadcast,
  { epochThere, executionThreshold, findsVerifications, age }: RepairFacts,
): Repairs {
  const nothing = { execute: false, broadcast: false, note: undefined };
  const state = message.kind === "refused" ? "refused" : lastRead(message.state)?.value;
  // An epoch only increases: the last reading stays true while the chain does not answer.
  const known = lastRead(epochThere)?.value;
  if (
    message.kind !== "transfer" &&
    message.epoch !== undefined &&
    known !== undefined &&
    known >= message.epoch
  ) {
    return state === "refused" || state === "failed"
      ? { ...nothing, note: "The chain has this epoch, or a newer one: nothing is left to repair." }
      : nothing;
  }
  const readings = message.kind === "refused" ? [epochThere] : [message.state, epochThere];
  if (state !== "executed" && readings.some((reading) => reading.state !== "read")) {
    return {
      ...nothing,
      note: `Whether it needs repair is ${unknownUntil([message.destination])}.`,
    };
  }
  if (message.kind === "refused") return { ...nothing, broadcast: true };
  const isBroadcast = message.kind === "broadcast";
  if (message.message.version === "2.0" && !findsVerifications && state !== "executed") {
    if (state !== "failed" && age <= OVERDUE) return nothing;
    return isBroadcast
      ? { ...nothing, broadcast: true }
      : { ...nothing, note: byIndexer(message.id) };
  }
  switch (state) {
    case undefined:
    case "refused":
    case "executed":
      return nothing;
    case "failed":
      return { ...nothing, execute: true, broadcast: isBroadcast };
    case "sent":
      return age > OVERDUE && isBroadcast ? { ...nothing, broadcast: true } : nothing;
    case "verified":
      return age > OVERDUE ? { ...nothing, execute: true, broadcast: isBroadcast } : nothing;
    case "committed": {
      if (age <= OVERDUE) return nothing;
      if (executionThreshold !== undefined && age > executionThreshold)
        return { ...nothing, execute: true, broadcast: isBroadcast };
      if (isBroadcast) return { ...nothing, broadcast: true };
      return executionThreshold === undefined
        ? nothing
        : {
            ...nothing,
            note: `It takes long. CCIP may still execute it; by hand anybody may in ${duration(executionThreshold - age)}.`,
          };
    }
  }
}

/** Describes how to execute a message manually whose verifier results are not published here. */
function byIndexer(messageId: string): string {
  return `Anybody may execute it by hand with the results of its verifiers, which this page does not have. Chainlink's ccip-cli asks its indexer for them: npx @chainlink/ccip-cli manual-exec ${messageId}`;
}
