import { readIndex } from "../readIndex";
import { messagesInFlight } from "../inFlight";
import type { MessageInFlight } from "../inFlight";
import { laneKey } from "../../core/mesh/limit";
import type { RateLimit } from "../../core/mesh/limit";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";

/** A message on its way that a bucket has no room for, however long it refills. */
export interface RefusedArrival extends MessageInFlight {
  /** What it brings, token units (wei) of the destination; undefined while nobody can say. */
  readonly amount: bigint | undefined;
}

/** The messages in flight from `source` that could not arrive at `destination` with this bucket there. */
export async function refusedArrivals(
  mesh: Mesh,
  source: MeshChain,
  destination: MeshChain,
  inbound: RateLimit,
): Promise<RefusedArrival[]> {
  if (!inbound.isEnabled) return [];
  const lane = { source: source.name, destination: destination.name };
  const [inFlight, ...indexes] = await Promise.all([
    messagesInFlight(mesh, [lane]),
    readIndex(destination),
    readIndex(mesh.home),
  ]);
  // The smallest index makes the most tokens of the same shares: a pending rebase may count on arrival,
  // and one that the destination has not heard of yet.
  const sharesPerToken = indexes
    .flatMap(({ current, next }) => [current, next])
    .filter((index) => index > 0n)
    .reduce((least, index) => (index < least ? index : least));
  return (inFlight.get(laneKey(lane)) ?? [])
    .map((message) => ({
      ...message,
      amount: message.shares === undefined ? undefined : message.shares / sharesPerToken,
    }))
    .filter(({ amount }) => amount === undefined || amount > inbound.capacity);
}
