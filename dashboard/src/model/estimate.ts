import type { CcipVersion } from "ccip-localnet/protocol";

import { lastRead } from "./reading";

import type { TrackedMessage } from "./messages";
import { chainLabel, count, duration } from "./words";

/** The lane of a planned message. */
export interface EstimatedLane {
  readonly source: string;
  readonly destination: string;
  readonly version: CcipVersion;
}

/** Number of messages for an estimate: enough for a median, few enough to follow changes. */
const RECENT = 10;

/** Steps of CCIP after finality, by version. */
const AFTERWARDS: Readonly<Record<CcipVersion, string>> = {
  "1.6": "CCIP then commits and executes the message",
  "2.0": "its verifiers then answer, and the message is executed",
};

/** Returns the seconds that the newest messages of a lane and version took to arrive, shortest first. */
export function pastTimes(
  { source, destination, version }: EstimatedLane,
  messages: readonly TrackedMessage[],
): number[] {
  return messages
    .filter(
      (item) =>
        item.source === source &&
        item.destination === destination &&
        item.message.version === version &&
        lastRead(item.state)?.value === "executed",
    )
    .flatMap(({ sentAt, settledAt }) => (settledAt === undefined ? [] : [settledAt - sentAt]))
    .slice(0, RECENT)
    .sort((a, b) => a - b);
}

/**
 * Describes the expected arrival time of a message, and the basis of the estimate.
 * @param past durations of earlier messages in seconds, shortest first.
 * @param finality seconds by which the finalized block is behind the newest one of the source, if known.
 */
export function estimateText(
  { source, destination, version }: EstimatedLane,
  past: readonly number[],
  finality: number | undefined,
): string {
  const middle = past[Math.floor((past.length - 1) / 2)];
  const [shortest, longest] = [past[0], past.at(-1)];
  const lane = `from ${chainLabel(source)} to ${chainLabel(destination)} over CCIP ${version}`;
  if (middle !== undefined && shortest !== undefined && longest !== undefined) {
    const range =
      duration(shortest) === duration(longest)
        ? duration(longest)
        : `${duration(shortest)} to ${duration(longest)}`;
    return `about ${duration(middle)}: the last ${count(past.length, "message")} ${lane} took ${range}`;
  }
  const none = `no message ${lane} has arrived yet`;
  return finality === undefined
    ? `unknown: ${none}, and ${chainLabel(source)} does not say which block is final`
    : `at least ${duration(finality)}: that is how long ${chainLabel(source)} takes to finalize a block now, ${AFTERWARDS[version]}; ${none}`;
}
