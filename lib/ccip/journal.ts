import type { Log } from "ethers";
import { z } from "zod";

import { decodeEvent, topicOf } from "./abi";
import type { ChainView } from "./chain";
import { MESSAGE_SENT, decodeMessage } from "./message";
import type { Message } from "./message";
import { released } from "./releases";
import { executionStateSchema } from "./status";
import type { ExecutionState } from "./status";

/** A root that a chain's OffRamp accepted. */
export interface Commitment {
  readonly sourceSelector: bigint;
  readonly minSequence: bigint;
  readonly maxSequence: bigint;
  readonly merkleRoot: string;
  readonly transactionHash: string;
}

/** What is needed of a log to read it, whichever library fetched it. */
export type RampLog = Pick<Log, "address" | "topics" | "data" | "transactionHash" | "blockNumber">;

/** The last thing that a chain's OffRamp said about a message. */
export interface Execution {
  readonly sourceSelector: bigint;
  readonly sequenceNumber: bigint;
  readonly messageId: string;
  readonly state: ExecutionState;
  /** Why it failed, as CCIP caught it; see `decodeRevert`. */
  readonly returnData: string;
  /** Gas of the message alone, as the OffRamp measured it. */
  readonly gasUsed: bigint;
  readonly transactionHash: string;
}

const COMMITTED = "CommitReportAccepted";
const EXECUTED = "ExecutionStateChanged";

const rootsSchema = z.array(
  z.object({
    sourceChainSelector: z.bigint(),
    minSeqNr: z.bigint(),
    maxSeqNr: z.bigint(),
    merkleRoot: z.string(),
  }),
);
const committedSchema = z.object({
  blessedMerkleRoots: rootsSchema,
  unblessedMerkleRoots: rootsSchema,
});
const executedSchema = z.object({
  sourceChainSelector: z.bigint(),
  sequenceNumber: z.bigint(),
  messageId: z.string(),
  state: executionStateSchema,
  returnData: z.string(),
  gasUsed: z.bigint(),
});

/**
 * What the ramps of one chain have said, read from their events and from nothing else: whoever
 * starts anew finds everything there.
 */
export class RampJournal {
  private readonly sentTo = new Map<bigint, Map<bigint, Message>>();
  private readonly committedFrom = new Map<bigint, Map<string, Commitment>>();
  private readonly executedFrom = new Map<bigint, Map<bigint, Execution>>();
  private readonly topics: {
    readonly sent: string;
    readonly committed: string;
    readonly executed: string;
  };
  private cursor: { readonly number: number; readonly hash: string | null } | undefined;

  constructor(private readonly chain: ChainView) {
    const offRamp = released("offRamp").interface;
    this.topics = {
      sent: topicOf(released("onRamp").interface, MESSAGE_SENT),
      committed: topicOf(offRamp, COMMITTED),
      executed: topicOf(offRamp, EXECUTED),
    };
  }

  /** Messages sent to a destination, by ascending sequence number. */
  sent(destinationSelector: bigint): Message[] {
    const messages = [...(this.sentTo.get(destinationSelector)?.values() ?? [])];
    return messages.sort((a, b) => Number(a.sequenceNumber - b.sequenceNumber));
  }

  /** Roots accepted from a source, in order. */
  commitments(sourceSelector: bigint): Commitment[] {
    return [...(this.committedFrom.get(sourceSelector)?.values() ?? [])];
  }

  /** The last execution of a message from a source, if any was attempted. */
  execution(sourceSelector: bigint, sequenceNumber: bigint): Execution | undefined {
    return this.executedFrom.get(sourceSelector)?.get(sequenceNumber);
  }

  /** Reads the blocks that came since the last time; starts over when the chain was rolled back. */
  async refresh(): Promise<void> {
    const { provider, ccip, firstBlock = 0 } = this.chain;
    const [latest, last] = await Promise.all([
      provider.getBlock("latest"),
      this.cursor ? provider.getBlock(this.cursor.number) : null,
    ]);
    if (!latest) throw new Error(`${this.chain.name} has no blocks: is its node still running?`);
    if (this.cursor && last?.hash !== this.cursor.hash) this.forget();
    const fromBlock = this.cursor ? this.cursor.number + 1 : firstBlock;
    if (fromBlock > latest.number) return;
    this.add(
      await provider.getLogs({
        address: [ccip.onRamp, ccip.offRamp],
        topics: [Object.values(this.topics)],
        fromBlock,
        toBlock: latest.number,
      }),
    );
    this.cursor = { number: latest.number, hash: latest.hash };
  }

  /** Takes over logs that are known already, for instance of an own receipt. Repeating is harmless. */
  add(logs: readonly RampLog[]): { committed: Commitment[]; executed: Execution[] } {
    const committed: Commitment[] = [];
    const executed: Execution[] = [];
    const { onRamp, offRamp } = this.chain.ccip;
    for (const log of logs) {
      const topic = log.topics[0];
      if (log.address === onRamp && topic === this.topics.sent) {
        const message = decodeMessage(log);
        entry(this.sentTo, message.destinationSelector).set(message.sequenceNumber, message);
      } else if (log.address === offRamp && topic === this.topics.committed) {
        committed.push(...decodeCommitments(log));
      } else if (log.address === offRamp && topic === this.topics.executed) {
        executed.push(decodeExecution(log));
      }
    }
    for (const item of committed) {
      entry(this.committedFrom, item.sourceSelector).set(item.merkleRoot, item);
    }
    for (const item of executed) {
      entry(this.executedFrom, item.sourceSelector).set(item.sequenceNumber, item);
    }
    return { committed, executed };
  }

  private forget(): void {
    this.sentTo.clear();
    this.committedFrom.clear();
    this.executedFrom.clear();
    this.cursor = undefined;
  }
}

function decodeCommitments(log: RampLog): Commitment[] {
  const report = decodeEvent(released("offRamp").interface, COMMITTED, log, committedSchema);
  return [...report.blessedMerkleRoots, ...report.unblessedMerkleRoots].map((root) => ({
    sourceSelector: root.sourceChainSelector,
    minSequence: root.minSeqNr,
    maxSequence: root.maxSeqNr,
    merkleRoot: root.merkleRoot,
    transactionHash: log.transactionHash,
  }));
}

function decodeExecution(log: RampLog): Execution {
  const event = decodeEvent(released("offRamp").interface, EXECUTED, log, executedSchema);
  return {
    sourceSelector: event.sourceChainSelector,
    sequenceNumber: event.sequenceNumber,
    messageId: event.messageId,
    state: event.state,
    returnData: event.returnData,
    gasUsed: event.gasUsed,
    transactionHash: log.transactionHash,
  };
}

function entry<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let map = maps.get(key);
  if (!map) maps.set(key, (map = new Map<L, V>()));
  return map;
}
