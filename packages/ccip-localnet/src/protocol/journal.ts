import type { Log } from "ethers";
import { z } from "zod";

import { decodeEvent, topicOf } from "./abi";
import type { ChainView } from "./chain";
import { decodeMessage, sentTopics } from "./message";
import type { Message } from "./message";
import { released } from "./releases";
import type { CcipVersion } from "./releases";
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

/** The part of a log that is needed to decode it, from any library. */
export type RampLog = Pick<Log, "address" | "topics" | "data" | "transactionHash" | "blockNumber"> &
  Partial<Pick<Log, "blockHash">>;

/** A block of a chain, which may be rolled back. */
interface SeenBlock {
  readonly number: number;
  readonly hash: string | null;
}

/** The last thing that a chain's OffRamp said about a message. */
export interface Execution {
  readonly sourceSelector: bigint;
  readonly sequenceNumber: bigint;
  readonly messageId: string;
  readonly state: ExecutionState;
  /** Revert data of a failure, as CCIP caught it; see `decodeRevert`. */
  readonly returnData: string;
  /** Gas of the message alone, as the OffRamp measured it; that of CCIP 2.0 does not. */
  readonly gasUsed?: bigint;
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
const executed = {
  sourceChainSelector: z.bigint(),
  messageId: z.string(),
  state: executionStateSchema,
  returnData: z.string(),
};
const executedSchema16 = z.object({ ...executed, sequenceNumber: z.bigint(), gasUsed: z.bigint() });
const executedSchema20 = z.object({ ...executed, messageNumber: z.bigint() });

/** The topics of `ExecutionStateChanged`, by version. */
export function executedTopics(): Record<CcipVersion, string> {
  return {
    "1.6": topicOf(released("offRamp").interface, EXECUTED),
    "2.0": topicOf(released("offRamp", "2.0").interface, EXECUTED),
  };
}

/**
 * Messages and executions that the ramps of one chain have logged, in either version, read from events only:
 * whoever starts anew finds everything there.
 */
export class RampJournal {
  private readonly sentTo = new Map<bigint, Map<bigint, Message>>();
  private readonly committedFrom = new Map<bigint, Map<string, Commitment>>();
  private readonly executedFrom = new Map<bigint, Map<bigint, Execution>>();
  private readonly topics = {
    sent: Object.values(sentTopics()),
    committed: topicOf(released("offRamp").interface, COMMITTED),
    executed: Object.values(executedTopics()),
  };
  /** The block up to which everything was read. */
  private cursor: SeenBlock | undefined;
  /** A later block of which logs were taken over. */
  private ahead: SeenBlock | undefined;

  constructor(private readonly chain: ChainView) {}

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
    const newest = this.ahead ?? this.cursor;
    const [latest, last] = await Promise.all([
      provider.getBlock("latest"),
      newest ? provider.getBlock(newest.number) : null,
    ]);
    if (!latest) throw new Error(`${this.chain.name} has no blocks: is its node still running?`);
    if (newest && last?.hash !== newest.hash) this.forget();
    const fromBlock = this.cursor ? this.cursor.number + 1 : firstBlock;
    if (fromBlock > latest.number) return;
    this.add(
      await provider.getLogs({
        address: [ccip.onRamp, ccip.offRamp],
        topics: [Object.values(this.topics).flat()],
        fromBlock,
        toBlock: latest.number,
      }),
    );
    this.cursor = { number: latest.number, hash: latest.hash };
    this.ahead = undefined;
  }

  /** Takes over logs that are known already, for instance of an own receipt. Repeating is harmless. */
  add(logs: readonly RampLog[]): { committed: Commitment[]; executed: Execution[] } {
    const committed: Commitment[] = [];
    const executed: Execution[] = [];
    const { onRamp, offRamp } = this.chain.ccip;
    for (const log of logs) {
      const { blockNumber: number, blockHash: hash } = log;
      const newest = this.ahead ?? this.cursor;
      if (hash !== undefined && number > (newest?.number ?? -1)) this.ahead = { number, hash };
      const [topic = ""] = log.topics;
      if (log.address === onRamp && this.topics.sent.includes(topic)) {
        const message = decodeMessage(log);
        const sent = entry(this.sentTo, message.destinationSelector);
        // A log that is read twice gives the same object, so that messages can be compared by identity.
        if (sent.get(message.sequenceNumber)?.messageId !== message.messageId) {
          sent.set(message.sequenceNumber, message);
        }
      } else if (log.address === offRamp && topic === this.topics.committed) {
        committed.push(...decodeCommitments(log));
      } else if (log.address === offRamp && this.topics.executed.includes(topic)) {
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
    this.ahead = undefined;
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

/** Reads an `ExecutionStateChanged` log of either version. */
export function decodeExecution(
  log: Pick<RampLog, "topics" | "data" | "transactionHash">,
): Execution {
  const { transactionHash } = log;
  if (log.topics[0] === executedTopics()["2.0"]) {
    const { interface: offRamp } = released("offRamp", "2.0");
    const {
      sourceChainSelector: sourceSelector,
      messageNumber,
      ...event
    } = decodeEvent(offRamp, EXECUTED, log, executedSchema20);
    return { ...event, sourceSelector, sequenceNumber: messageNumber, transactionHash };
  }
  const { interface: offRamp } = released("offRamp");
  const { sourceChainSelector: sourceSelector, ...event } = decodeEvent(
    offRamp,
    EXECUTED,
    log,
    executedSchema16,
  );
  return { ...event, sourceSelector, transactionHash };
}

function entry<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let map = maps.get(key);
  if (!map) maps.set(key, (map = new Map<L, V>()));
  return map;
}
