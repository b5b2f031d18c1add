import { toBeHex } from "ethers";

import { topicOf } from "../ccip/abi";
import { RampJournal } from "../ccip/journal";
import { messagesIn } from "../ccip/message";
import type { Message } from "../ccip/message";
import { released } from "../ccip/releases";
import { executionState } from "../ccip/status";
import type { ExecutionState } from "../ccip/status";
import { abi } from "../mesh/contracts";
import type { HomeChain, SatelliteChain } from "../mesh/mesh";
import { readNewestLogs } from "../rpc/logs";

import { laneReason } from "./fees";

const SENT = topicOf(abi.broadcaster, "BroadcastSent");
const EXECUTED = topicOf(released("offRamp").interface, "ExecutionStateChanged");

/** What became of a broadcast's message on its satellite. */
export interface MessageFate {
  readonly state: ExecutionState;
  /** Why it failed, decoded. */
  readonly reason?: string;
}

/** Finds broadcasts again by what the broadcaster remembers of them; looks each up once. */
export class SentMessages {
  private readonly found = new Map<string, Promise<Message | undefined>>();

  constructor(private readonly home: HomeChain) {}

  /** What became of the message that was sent to a satellite last; undefined when its trace is lost. */
  async fateOf(satellite: SatelliteChain, messageId: string): Promise<MessageFate | undefined> {
    const message = await this.message(satellite.selector, messageId);
    if (!message) return undefined;
    const state = await executionState(satellite, message);
    return state === "failure"
      ? { state, reason: await this.reasonOf(satellite, message) }
      : { state };
  }

  private message(selector: bigint, messageId: string): Promise<Message | undefined> {
    const known = this.found.get(messageId) ?? this.lookUp(selector, messageId);
    this.found.set(messageId, known);
    // What failed to be read is read again.
    known.catch(() => this.found.delete(messageId));
    return known;
  }

  private async lookUp(selector: bigint, messageId: string): Promise<Message | undefined> {
    const { provider, contracts, deployedAt } = this.home;
    const [log] = await readNewestLogs(provider, {
      address: contracts.broadcaster,
      topics: [SENT, toBeHex(selector, 32), messageId],
      fromBlock: deployedAt ?? 0,
      toBlock: await provider.getBlockNumber(),
    });
    const receipt = log && (await provider.getTransactionReceipt(log.transactionHash));
    if (!receipt) return undefined;
    return messagesIn(receipt, this.home).find((message) => message.messageId === messageId);
  }

  private async reasonOf(satellite: SatelliteChain, message: Message): Promise<string> {
    const { provider, ccip, deployedAt } = satellite;
    const logs = await readNewestLogs(provider, {
      address: ccip.offRamp,
      topics: [
        EXECUTED,
        toBeHex(message.sourceSelector, 32),
        toBeHex(message.sequenceNumber, 32),
        message.messageId,
      ],
      fromBlock: deployedAt ?? 0,
      toBlock: await provider.getBlockNumber(),
    });
    const last = new RampJournal(satellite).add(logs).executed.at(-1);
    return last ? laneReason(last.returnData) : "its execution is in no log that could be read";
  }
}
