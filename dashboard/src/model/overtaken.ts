import type { MessageStore } from "./messages";
import { chainLabel, count } from "./words";

/** A transfer that a chain's pools have received. */
export interface Arrival {
  /** CCIP selector of the source chain. */
  readonly source: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/** The transfers that a chain has received from the others. */
export interface Receiver {
  readonly name: string;
  readonly arrivals: readonly Arrival[];
  readonly store: MessageStore;
}

/** State of a chain according to its endpoint, up to its newest block. */
export interface Told {
  readonly selector: bigint;
  /** Time of that block, unix seconds. */
  readonly time: number;
  readonly sent: MessageStore["sent"];
}

/**
 * Describes why an endpoint is behind its chain: other chains have received messages that it does not know as sent.
 * A stuck node's own answers are consistent. Undefined when there is no such evidence.
 */
export function overtakenByTransfers(
  { selector, time, sent }: Told,
  receivers: readonly Receiver[],
): string | undefined {
  const known = new Set(sent.filter(({ tokens }) => tokens.length > 0).map((m) => m.messageId));
  for (const { name, arrivals, store } of receivers) {
    const had = arrivals.filter((arrival) => arrival.source === selector && arrival.time >= time);
    const explained = [...store.executions.values()].filter(
      ({ state, messageId, transactionHash }) =>
        state === "success" &&
        known.has(messageId) &&
        (store.times.get(transactionHash) ?? 0) >= time,
    );
    const lacking = had.length - explained.length;
    if (lacking > 0)
      return `its endpoint lags behind: ${chainLabel(name)} has had ${count(lacking, "transfer")} from there that it does not know of yet`;
  }
  return undefined;
}

/** Describes why an endpoint's epoch is older than home's: a satellite has received a newer one from home. */
export function overtakenByEpoch(
  epoch: bigint,
  satellites: readonly { readonly name: string; readonly epoch: bigint }[],
): string | undefined {
  const ahead = satellites.find((satellite) => satellite.epoch > epoch);
  return (
    ahead &&
    `its endpoint lags behind: ${chainLabel(ahead.name)} is at epoch ${ahead.epoch}, and it still at ${epoch}`
  );
}
