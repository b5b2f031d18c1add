import { SentMessages } from "../ccip/sentBroadcast";
import type { ExecutionStatus } from "../ccip/sentBroadcast";
import { pinAt } from "../rpc/pinned";

import type { Mesh, SatelliteChain } from "../core/mesh/mesh";

/** What became of the newest broadcast to a satellite that has no index yet. */
export interface FirstBroadcast extends ExecutionStatus {
  readonly messageId: string;
}

/** The newest broadcast to a destination, as the broadcaster records it. */
interface SentLast {
  readonly lastEpoch: bigint;
  readonly lastMessageId: string;
}

/**
 * Finds out what became of the newest broadcast to a satellite, at the block that the satellite was read at.
 * @returns undefined when it has its index, when nothing was sent, and when the message's trace is lost.
 */
export async function readFirstBroadcast(
  { home }: Mesh,
  satellite: SatelliteChain,
  {
    broadcaster,
    blockNumber: homeBlock,
  }: {
    readonly broadcaster: { readonly destinations: ReadonlyMap<bigint, SentLast> };
    readonly blockNumber: number;
  },
  {
    token,
    blockNumber,
  }: { readonly token: { readonly epoch: bigint }; readonly blockNumber: number },
): Promise<FirstBroadcast | undefined> {
  const destination = broadcaster.destinations.get(satellite.selector);
  if (token.epoch > 0n || !destination || destination.lastEpoch === 0n) return undefined;
  const { lastMessageId: messageId } = destination;
  // A broadcast that arrives after the satellite was read must not seem to have had no effect.
  const pinned = await pinAt(satellite.name, satellite.provider, blockNumber);
  const executionStatus = await new SentMessages(home).executionStatusAt(
    satellite,
    messageId,
    homeBlock,
    pinned,
  );
  return executionStatus && { ...executionStatus, messageId };
}
