import type { LogStore } from "../rpc/logs";
import { isInFlight, track } from "../supply/track";

import { laneKey } from "./limits";
import type { LaneNames } from "./limits";
import { chainsOf } from "./mesh";
import type { Mesh } from "./mesh";

/** A message with tokens that has left one chain and not arrived on the other. */
export interface MessageInFlight extends LaneNames {
  readonly messageId: string;
  /** Undefined when its pool data is of no kind that is known here. */
  readonly shares: bigint | undefined;
}

/**
 * The messages with tokens that are on their way on some lanes, by {@link laneKey}. A lane from a chain
 * outside of the mesh has none that could be seen.
 */
export async function messagesInFlight(
  mesh: Mesh,
  lanes: readonly LaneNames[],
  store?: LogStore,
): Promise<Map<string, MessageInFlight[]>> {
  const found = new Map(lanes.map((lane) => [laneKey(lane), [] as MessageInFlight[]]));
  const ends = new Set(lanes.flatMap(({ source, destination }) => [source, destination]));
  const { messages } = await track(
    chainsOf(mesh).filter(({ name }) => ends.has(name)),
    store,
  );
  for (const item of messages.filter(isInFlight)) {
    const { message, source, destination, shares } = item;
    const { messageId } = message;
    found.get(laneKey(item))?.push({ messageId, source, destination, shares });
  }
  return found;
}
