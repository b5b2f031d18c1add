import { toBeHex } from "ethers";
import { executionState, messagesIn, topicOf } from "ccip-localnet/protocol";
import type { ExecutionState, Message } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import type { HomeChain, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { revertText } from "../core/revert/revertChain";
import { readNewestLogs } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

import { RampLanes } from "./ramps";
import type { RampLane } from "./ramps";
import { lastAttempt } from "./stage";

/** The state of a broadcast's message on its satellite. */
export interface ExecutionStatus {
  readonly state: ExecutionState;
  /** Decoded revert reason of a failed execution. */
  readonly reason?: string;
  /** Revert data of a failed execution. */
  readonly revertData?: string;
}

/** Finds the CCIP messages of broadcasts by the broadcaster's events, and caches each that was found. */
export class SentMessages {
  private readonly found = new Map<string, FoundMessage>();

  constructor(private readonly home: HomeChain) {}

  /**
   * Reads the state, up to a block of the satellite, of the message that was sent to it last; undefined when
   * the message is not found.
   * @param homeBlock a block of the home at which the message was known already.
   */
  async executionStatusAt(
    satellite: SatelliteChain,
    messageId: string,
    homeBlock: number,
    at: PinnedChain,
  ): Promise<ExecutionStatus | undefined> {
    const found = this.found.get(messageId) ?? (await this.lookUp(satellite, messageId, homeBlock));
    // A message that is not found is searched again on the next call: the endpoint may lag.
    if (!found) return undefined;
    this.found.set(messageId, found);
    return statusOf(found, at);
  }

  private async lookUp(satellite: SatelliteChain, messageId: string, toBlock: number) {
    const { provider, contracts, deployedAt: fromBlock = 0 } = this.home;
    const [log] = await readNewestLogs(provider, {
      address: contracts.broadcaster,
      topics: [
        topicOf(abi.broadcaster, "BroadcastSent"),
        toBeHex(satellite.selector, 32),
        messageId,
      ],
      fromBlock,
      toBlock,
    });
    const { transactionHash } = log ?? {};
    if (transactionHash === undefined) return undefined;
    return messageOf(this.home, satellite, { messageId, transactionHash });
  }
}

/** A message, and the transaction that sent it. */
interface Sent {
  readonly messageId: string;
  readonly transactionHash: string;
}

type FoundMessage = RampLane<MeshChain> & { readonly message: Message };

/**
 * Reads the state, up to a block of the satellite, of a message that a transaction of home sent to it; undefined when
 * the endpoint does not have the transaction. Names the account that it was sent to as well.
 */
export async function executionStatusOf(
  home: HomeChain,
  satellite: SatelliteChain,
  sent: Sent,
  at: PinnedChain,
): Promise<(ExecutionStatus & { readonly receiver: string }) | undefined> {
  const found = await messageOf(home, satellite, sent);
  return found && { ...(await statusOf(found, at)), receiver: found.message.receiver };
}

async function messageOf(
  home: HomeChain,
  satellite: SatelliteChain,
  { messageId, transactionHash }: Sent,
): Promise<FoundMessage | undefined> {
  const receipt = await home.provider.getTransactionReceipt(transactionHash);
  const message = receipt && messagesIn(receipt).find((sent) => sent.messageId === messageId);
  if (!message) return undefined;
  const lane = await new RampLanes<MeshChain>().through(home, satellite, message);
  return lane && { message, ...lane };
}

async function statusOf(
  { message, destination }: FoundMessage,
  at: PinnedChain,
): Promise<ExecutionStatus> {
  const state = await executionState({ ...destination, provider: at }, message);
  if (state !== "failure") return { state };
  const { deployedAt: fromBlock = 0 } = destination;
  const attempt = await lastAttempt(destination, message, { fromBlock, toBlock: at.blockNumber });
  if (!attempt) return { state, reason: "its execution is in no log that could be read" };
  const { returnData: revertData } = attempt;
  return { state, reason: revertText(revertData), revertData };
}
