import { toBeHex } from "ethers";
import {
  executedTopics,
  executionState,
  messagesIn,
  RampJournal,
  topicOf,
} from "ccip-localnet/protocol";
import type { ExecutionState, Message } from "ccip-localnet/protocol";

import { abi } from "../mesh/contracts";
import type { HomeChain, SatelliteChain } from "../mesh/mesh";
import { readNewestLogs } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

import { laneReason } from "./fees";

const SENT = topicOf(abi.broadcaster, "BroadcastSent");

/** What became of a broadcast's message on its satellite. */
export interface MessageFate {
  readonly state: ExecutionState;
  /** Why it failed, decoded. */
  readonly reason?: string;
  /** What it was refused with. */
  readonly revertData?: string;
}

/** Finds broadcasts again by what the broadcaster remembers of them; each is found once. */
export class SentMessages {
  private readonly found = new Map<string, Message>();

  constructor(private readonly home: HomeChain) {}

  /**
   * What became, up to a block of the satellite, of the message that was sent to it last; undefined when
   * its trace is lost.
   * @param homeBlock a block of the home at which the message was known already.
   */
  async fateAt(
    satellite: SatelliteChain,
    messageId: string,
    homeBlock: number,
    at: PinnedChain,
  ): Promise<MessageFate | undefined> {
    const message = await this.message(satellite.selector, messageId, homeBlock);
    if (!message) return undefined;
    const state = await executionState({ ...satellite, provider: at }, message);
    if (state !== "failure") return { state };
    const revertData = await this.refusalOf(satellite, message, at.blockNumber);
    return revertData === undefined
      ? { state, reason: "its execution is in no log that could be read" }
      : { state, reason: laneReason(revertData), revertData };
  }

  /** What is not found is looked for again: an endpoint that lags does not have it yet. */
  private async message(
    selector: bigint,
    messageId: string,
    toBlock: number,
  ): Promise<Message | undefined> {
    const message = this.found.get(messageId) ?? (await this.lookUp(selector, messageId, toBlock));
    if (message) this.found.set(messageId, message);
    return message;
  }

  private async lookUp(
    selector: bigint,
    messageId: string,
    toBlock: number,
  ): Promise<Message | undefined> {
    const { provider, contracts, deployedAt } = this.home;
    const [log] = await readNewestLogs(provider, {
      address: contracts.broadcaster,
      topics: [SENT, toBeHex(selector, 32), messageId],
      fromBlock: deployedAt ?? 0,
      toBlock,
    });
    const receipt = log && (await provider.getTransactionReceipt(log.transactionHash));
    if (!receipt) return undefined;
    return messagesIn(receipt, this.home).find((message) => message.messageId === messageId);
  }

  private async refusalOf(
    satellite: SatelliteChain,
    message: Message,
    toBlock: number,
  ): Promise<string | undefined> {
    const { provider, ccip, deployedAt } = satellite;
    const logs = await readNewestLogs(provider, {
      address: ccip.offRamp,
      topics: [
        executedTopics()[message.version],
        toBeHex(message.sourceSelector, 32),
        toBeHex(message.sequenceNumber, 32),
        message.messageId,
      ],
      fromBlock: deployedAt ?? 0,
      toBlock,
    });
    return new RampJournal(satellite).add(logs).executed.at(-1)?.returnData;
  }
}
