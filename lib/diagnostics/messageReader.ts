import { toBeHex } from "ethers";
import { decodeMessage, executedTopics, sentTopics } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { RampLanes, rampLane } from "../ccip/ramps";
import { OperatorError } from "../core/errors";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { UnreadChains } from "../mesh/unread";
import { readNewestLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";

import type { FoundMessage } from "./found";

/** Topics of execution events and of send events, in every version of CCIP. */
export const topics = {
  executed: (): string[] => Object.values(executedTopics()),
  sent: (): string[] => Object.values(sentTopics()),
};

/** Finds the messages of ramps' logs, with the ramps that they use. */
export class MessageReader {
  /** Ramps of logs that no router of CCIP names or has named. */
  readonly thirdParties = new Set<string>();
  readonly lanes = new RampLanes<MeshChain>();
  /** The chains that answer. */
  readonly chains: readonly MeshChain[];

  constructor(
    readonly mesh: Mesh,
    readonly unread: UnreadChains,
  ) {
    this.chains = chainsOf(mesh).filter(({ name }) => !unread.has(name));
  }

  /**
   * Returns the messages between chains of the mesh that logs of a chain report as sent or executed.
   * @param messageId the only message to return.
   */
  async messagesIn(
    chain: MeshChain,
    logs: readonly PlainLog[],
    messageId?: string,
  ): Promise<FoundMessage[]> {
    const found = await Promise.all(
      logs.map((log) =>
        topics.sent().includes(log.topics[0] ?? "")
          ? this.sentBy(chain, log, messageId)
          : this.executedBy(chain, log),
      ),
    );
    return found
      .flat()
      .filter(({ message }) => messageId === undefined || message.messageId === messageId);
  }

  /** Returns the message of an OnRamp's event, if CCIP uses or has used the ramp. */
  private async sentBy(
    source: MeshChain,
    log: PlainLog,
    messageId?: string,
  ): Promise<FoundMessage[]> {
    const message = decoded(log);
    if (message?.sourceSelector !== source.selector) return [];
    if (messageId !== undefined && message.messageId !== messageId) return [];
    const destination = chainsOf(this.mesh).find(
      ({ selector }) => selector === message.destinationSelector,
    );
    if (!destination) return [];
    const { version, onRamp } = message;
    const isNamed = () => this.lanes.hasSentTo(source, destination.selector, onRamp);
    // An event of CCIP's own OnRamp is sufficient, whether or not the other end answers.
    if (this.unread.has(destination.name)) {
      if (!(await isNamed())) return [];
      return [{ kind: "message", message, ...rampLane(source, destination, version, onRamp) }];
    }
    const lane = await this.lanes.through(source, destination, message);
    if (lane) return [{ kind: "message", message, ...lane }];
    if (await isNamed()) {
      throw new OperatorError(
        "CCIP_LANE_MISSING",
        `Message ${message.messageId} went through the OnRamp ${log.address} of ${source.name}, and no OffRamp that CCIP's router on ${destination.name} names takes its messages: CCIP is replacing its ramps. Ask again when that is done.`,
      );
    }
    this.thirdParties.add(log.address);
    return [];
  }

  /** Returns the message that an OffRamp's event reports as executed, if CCIP uses or has used the ramp. */
  private async executedBy(
    destination: MeshChain,
    {
      address,
      topics: [topic = "", selector = "0x0", number = "0x0", messageId = "0x0"],
    }: PlainLog,
  ): Promise<FoundMessage[]> {
    if (!topics.executed().includes(topic)) return [];
    const source = chainsOf(this.mesh).find((chain) => chain.selector === BigInt(selector));
    if (!source || source.name === destination.name || this.unread.has(source.name)) return [];
    const lanes = await this.lanes.into(source, destination, address);
    if (lanes.length === 0) this.thirdParties.add(address);
    const found = await Promise.all(
      lanes.map(async (lane): Promise<FoundMessage[]> => {
        const { provider, ccip, deployedAt = 0 } = lane.source;
        const { version = "1.6" } = ccip;
        // An OnRamp of CCIP 1.6 indexes the sequence number, one of 2.0 the id.
        const indexed = version === "1.6" ? [number] : [null, messageId];
        const [log] = await readNewestLogs(provider, {
          address: ccip.onRamp,
          topics: [sentTopics()[version], toBeHex(destination.selector, 32), ...indexed],
          fromBlock: deployedAt,
          toBlock: await provider.getBlockNumber(),
        });
        return log ? [{ kind: "message", message: decodeMessage(log), ...lane }] : [];
      }),
    );
    return found.flat();
  }
}

/** Decodes a message from its event; undefined for messages that are not between EVM chains. */
function decoded(log: PlainLog): Message | undefined {
  try {
    return decodeMessage(log);
  } catch {
    return undefined;
  }
}
