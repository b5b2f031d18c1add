import { toBeHex } from "ethers";
import type { TransactionReceipt } from "ethers";
import { decodeMessage, executedTopics, sentTopics } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { RampLanes, rampLane } from "../ccip/ramps";
import type { RampLane } from "../ccip/ramps";
import { abi } from "../core/abis";
import { OperatorError } from "../core/errors";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { UnreadChains } from "../mesh/unread";
import { readLogs } from "../rpc/logs";
import type { LogRange, PlainLog } from "../rpc/logs";
import { searchBack } from "../rpc/search";
import type { Search } from "../rpc/search";

import type { Found, FoundMessage, RefusedLane } from "./found";

/** Topics of execution events and of send events, in every version of CCIP. */
export const topics = {
  executed: (): string[] => Object.values(executedTopics()),
  sent: (): string[] => Object.values(sentTopics()),
};

/** Finds messages in receipts, with the ramps that they use. */
export class ReceiptReader {
  /** Ramps in receipts that no router of CCIP names or has named. */
  readonly thirdParties = new Set<string>();
  readonly lanes = new RampLanes<MeshChain>();

  constructor(
    private readonly mesh: Mesh,
    readonly unread: UnreadChains,
  ) {}

  /** Finds the chain's events in a receipt: chains may share a node, and then differ by addresses. */
  async read(place: {
    readonly chain: MeshChain;
    readonly receipt: TransactionReceipt;
  }): Promise<Found[]> {
    const { chain, receipt } = place;
    const arrived = await Promise.all(receipt.logs.map((log) => this.executedBy(chain, log)));
    return [
      ...(await this.sentIn(chain, receipt)),
      ...arrived.flat(),
      ...refusedLanes(chain, receipt),
    ];
  }

  /** Returns whether a transaction calls a contract of this chain: chains may share a node. */
  async isAddressed({
    chain,
    receipt: { to },
  }: {
    readonly chain: MeshChain;
    readonly receipt: TransactionReceipt;
  }): Promise<boolean> {
    const { contracts, ccip } = chain;
    const addresses: unknown[] = [
      ...Object.values({ ...contracts }),
      ...Object.values({ ...ccip }),
    ];
    if (addresses.includes(to)) return true;
    const ramps = await this.lanes.rampsOf(chain, peersOf(this.mesh, chain));
    return ramps.some(({ address }) => address === to);
  }

  /** Returns the messages that a transaction sent to chains of the mesh. */
  async sentIn(source: MeshChain, { logs }: TransactionReceipt): Promise<FoundMessage[]> {
    const found = await Promise.all(logs.map((log) => this.sentBy(source, log)));
    return found.flat();
  }

  /** Returns the message of an OnRamp's event, if CCIP uses or has used the ramp. */
  async sentBy(source: MeshChain, log: PlainLog): Promise<FoundMessage[]> {
    if (!topics.sent().includes(log.topics[0] ?? "")) return [];
    const message = decoded(log);
    if (message?.sourceSelector !== source.selector) return [];
    const destination = chainsOf(this.mesh).find(
      ({ selector }) => selector === message.destinationSelector,
    );
    if (!destination) return [];
    const { version, onRamp } = message;
    const isNamed = async () => this.lanes.hasSentTo(source, destination.selector, onRamp);
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
  async executedBy(destination: MeshChain, log: PlainLog): Promise<FoundMessage[]> {
    const [topic = "", selector = "0x0", number = "0x0", messageId = "0x0"] = log.topics;
    if (!topics.executed().includes(topic)) return [];
    const source = chainsOf(this.mesh).find((chain) => chain.selector === BigInt(selector));
    if (!source || source.name === destination.name || this.unread.has(source.name)) return [];
    const lanes = await this.lanes.into(source, destination, log.address);
    if (lanes.length === 0) this.thirdParties.add(log.address);
    const key = { number: BigInt(number), messageId };
    return (await Promise.all(lanes.map((lane) => sentMessage(lane, key)))).flat();
  }
}

/** Decodes a message from its event; undefined for messages that are not between EVM chains. */
export function decoded(log: PlainLog): Message | undefined {
  try {
    return decodeMessage(log);
  } catch {
    return undefined;
  }
}

function refusedLanes(chain: MeshChain, receipt: TransactionReceipt): RefusedLane[] {
  if (chain.role !== "home") return [];
  return receipt.logs.flatMap((log) => {
    const event =
      log.address === chain.contracts.broadcaster ? abi.broadcaster.parseLog(log) : null;
    if (event?.name !== "BroadcastFailed") return [];
    const [selector, epoch, reason] = event.args.toArray() as [bigint, bigint, string];
    const transactionHash = receipt.hash;
    return [{ kind: "refused lane", home: chain, selector, epoch, reason, transactionHash }];
  });
}

/** Finds a message of a lane by the OnRamp's indexed field: the sequence number in CCIP 1.6, the id in 2.0. */
async function sentMessage(
  { source, destination }: RampLane<MeshChain>,
  { number, messageId }: { readonly number: bigint; readonly messageId: string },
): Promise<FoundMessage[]> {
  const { version = "1.6" } = source.ccip;
  const indexed = version === "1.6" ? [toBeHex(number, 32)] : [null, messageId];
  const [log] = await searchBack([
    logSearch(source, source.deployedAt ?? 0, await source.provider.getBlockNumber(), {
      address: source.ccip.onRamp,
      topics: [sentTopics()[version], toBeHex(destination.selector, 32), ...indexed],
    }),
  ]);
  return log ? [{ kind: "message", message: decodeMessage(log), source, destination }] : [];
}

/** Returns a search for logs of a chain. */
export function logSearch(
  { provider }: MeshChain,
  fromBlock: number,
  toBlock: number,
  which: Pick<LogRange, "address" | "topics">,
): Search<PlainLog> {
  return {
    fromBlock,
    toBlock,
    read: (from, to) => readLogs(provider, { ...which, fromBlock: from, toBlock: to }),
  };
}
