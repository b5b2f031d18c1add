import type { RefusedBroadcast, TrackedMessage } from "./messages";
import { duration } from "./words";

/** What may be done about a message that has not arrived. */
export interface Repairs {
  /** Executing it by hand on its destination. */
  readonly execute: boolean;
  /** Broadcasting the newest index to its destination. */
  readonly broadcast: boolean;
  /** Why nothing is to be done, where that needs saying. */
  readonly note: string | undefined;
}

/** What has to be known of a message's destination. */
export interface RepairFacts {
  /** The epoch of the destination; undefined while it is not known. */
  readonly epochThere: bigint | undefined;
  /** Seconds that CCIP has for executing a message before anybody may; undefined while it is not known. */
  readonly patience: number | undefined;
  /** Seconds since it was sent. */
  readonly age: number;
}

/** A message that takes longer than this is worth a word, seconds. */
const OVERDUE = 30 * 60;

/**
 * What anybody may do about a message. A failed one is executed by hand; so is a committed one that CCIP
 * has left lying for longer than it may. A broadcast has another remedy: the newest one heals everything.
 */
export function repairsOf(
  message: TrackedMessage | RefusedBroadcast,
  { epochThere, patience, age }: RepairFacts,
): Repairs {
  const nothing = { execute: false, broadcast: false, note: undefined };
  if (
    message.kind !== "transfer" &&
    epochThere !== undefined &&
    epochThere >= (message.epoch ?? 0n)
  ) {
    return message.kind === "refused" || message.state === "failed"
      ? { ...nothing, note: "The chain has heard of it since: nothing is left to repair." }
      : nothing;
  }
  if (message.kind === "refused") return { ...nothing, broadcast: true };
  const isBroadcast = message.kind === "broadcast";
  switch (message.state) {
    case "executed":
      return nothing;
    case "failed":
      return { ...nothing, execute: true, broadcast: isBroadcast };
    case "sent":
      return age > OVERDUE && isBroadcast ? { ...nothing, broadcast: true } : nothing;
    case "committed": {
      if (age <= OVERDUE) return nothing;
      if (patience !== undefined && age > patience)
        return { ...nothing, execute: true, broadcast: isBroadcast };
      if (isBroadcast) return { ...nothing, broadcast: true };
      return patience === undefined
        ? nothing
        : {
            ...nothing,
            note: `It takes long. CCIP may still execute it; by hand anybody may in ${duration(patience - age)}.`,
          };
    }
  }
}
