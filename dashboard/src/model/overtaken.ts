import type { MessageStore } from "./messages";
import { chainLabel, count } from "./words";

/** A transfer that a chain's pools have taken in. */
export interface Arrival {
  /** CCIP selector of the chain that it came from. */
  readonly source: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/** Transfers that a chain has received from the others. */
export interface Receiver {
  readonly name: string;
  readonly arrivals: readonly Arrival[];
  readonly store: MessageStore;
}

/** State of a chain by its endpoint, up to the newest block that it knows. */
export interface Told {
  readonly selector: bigint;
  /** Time of that block, unix seconds. */
  readonly time: number;
  readonly sent: MessageStore["sent"];
}

/**
 * Says why an endpoint's newest block cannot be the chain's: others have had from the chain what it does not know
 * to have been sent. A node that got stuck contradicts itself in nothing. Undefined when nothing shows it.
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

/** Says why an endpoint's epoch cannot be home's: a satellite has a newer one, and has it from home. */
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
