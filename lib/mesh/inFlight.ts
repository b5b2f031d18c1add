import type { LogStore } from "../rpc/logs";
import { isInFlight, track } from "../ccip/track";

import { FULL_FINALITY } from "./components/pool/contract";
import { laneKey } from "../core/mesh/limit";
import type { LaneNames } from "../core/mesh/limit";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";

/** A message with tokens that was sent and has not arrived. */
export interface MessageInFlight extends LaneNames {
  readonly messageId: string;
  /** Undefined when the format of its pool data is unknown. */
  readonly shares: bigint | undefined;
  /** The source pool, which the destination must accept. */
  readonly sourcePool: string | undefined;
  /** True if it requested less than full finality. */
  readonly isFast: boolean;
  /** True if its execution failed, so that it needs manual execution. */
  readonly failed: boolean;
}

/**
 * Returns the messages with tokens that are in flight on some lanes, by {@link laneKey}. Those of chains outside
 * the mesh are not visible.
 * @param notBefore minimum block numbers by network name.
 */
export async function messagesInFlight(
  mesh: Mesh,
  lanes: readonly LaneNames[],
  store?: LogStore,
  notBefore?: ReadonlyMap<string, number>,
): Promise<Map<string, MessageInFlight[]>> {
  const found = new Map(lanes.map((lane) => [laneKey(lane), [] as MessageInFlight[]]));
  const ends = new Set(lanes.flatMap(({ source, destination }) => [source, destination]));
  const chains = chainsOf(mesh).filter(({ name }) => ends.has(name));
  const { messages } = await track(chains, { store }, { notBefore });
  for (const item of messages.filter(isInFlight)) {
    const { message, source, destination, shares } = item;
    found.get(laneKey(item))?.push({
      messageId: message.messageId,
      source,
      destination,
      shares,
      sourcePool: message.tokens[0]?.sourcePool,
      isFast: message.version === "2.0" && message.finality !== FULL_FINALITY,
      failed: item.state === "failure",
    });
  }
  return found;
}
