import { SentMessages } from "../../ccip/sentBroadcast";
import type { ExecutionStatus } from "../../ccip/sentBroadcast";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { pinAt } from "../../rpc/pinned";

/** The newest broadcast to a satellite without an index, and the outcome of its execution. */
export interface FirstBroadcast extends ExecutionStatus {
  readonly messageId: string;
}

/** The part of the home's state with the newest broadcast to each destination. */
interface Sender {
  readonly blockNumber: number;
  readonly broadcaster: {
    readonly destinations: ReadonlyMap<
      bigint,
      { readonly lastEpoch: bigint; readonly lastMessageId: string }
    >;
  };
}

/**
 * Looks up the execution of the newest broadcast to a satellite, at the block at which the satellite was read.
 * @returns undefined when the satellite has an index, nothing was sent, or the message cannot be found.
 */
export async function readFirstBroadcast(
  { home }: Mesh,
  satellite: SatelliteChain,
  { broadcaster, blockNumber: homeBlock }: Sender,
  now: { readonly token: { readonly epoch: bigint }; readonly blockNumber: number },
): Promise<FirstBroadcast | undefined> {
  const destination = broadcaster.destinations.get(satellite.selector);
  if (now.token.epoch > 0n || !destination || destination.lastEpoch === 0n) return undefined;
  const { lastMessageId: messageId } = destination;
  // A broadcast executed after the satellite was read must not seem to have had no effect.
  const pinned = await pinAt(satellite.name, satellite.provider, now.blockNumber);
  const status = await new SentMessages(home).executionStatusAt(
    satellite,
    messageId,
    homeBlock,
    pinned,
  );
  return status && { ...status, messageId };
}
