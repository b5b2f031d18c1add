import { z } from "zod";

import { readOne } from "../protocol/abi";
import type { DonMembers } from "../protocol/verification";
import { localAccount } from "../accounts";
import { executionGas, executionReport, rebuildBatch, treeOf } from "../protocol/batch";
import type { Batch } from "../protocol/batch";
import type { Carrier, Journals } from "./carrier";
import { groupBy, laneName } from "../protocol/chain";
import type { CcipChain, Lane } from "../protocol/chain";
import { OCR_PLUGIN, configDigest } from "../contracts/deploy16";
import type { LaneFault } from "./faults";
import type { Commitment } from "../protocol/journal";
import type { Message, Message16 } from "../protocol/message";
import { released } from "../protocol/releases";
import {
  encodeCommitReport,
  encodeExecutionReports,
  reportContext,
  signReport,
} from "../protocol/report";
import type { ExecutionReport, PriceUpdates } from "../protocol/report";
import type { LabelledTransaction } from "../send";
import { call } from "../contracts/transactions";

/** Gas that the messages of one execution may take together: one transaction's, less its proofs. */
const EXECUTION_GAS = 14_000_000n;

/**
 * CCIP 1.6's two DONs for local chains: they commit merkle roots with F + 1 signatures and execute what was
 * committed, once. The OffRamp checks the signatures, the proofs and that nothing is executed twice.
 */
export class Don implements Carrier {
  private readonly batches = new Map<string, Batch>();

  constructor(
    private readonly members: DonMembers,
    private readonly journal: Journals,
  ) {}

  isVerified(lane: Lane, { sequenceNumber }: Message): boolean {
    return sequenceNumber <= this.committedUpTo(lane);
  }

  isTried({ source, destination }: Lane, { sequenceNumber }: Message): Promise<boolean> {
    const execution = this.journal(destination).execution(source.selector, sequenceNumber);
    return Promise.resolve(execution !== undefined);
  }

  verify(
    lane: Lane,
    messages: readonly Message[],
    fault: LaneFault,
  ): Promise<LabelledTransaction | undefined> {
    const batch = messages.filter((message) => message.version === "1.6");
    return Promise.resolve(this.commit(lane, batch, fault));
  }

  verifiedAt(lane: Lane, message: Message): Promise<bigint> {
    const { provider, ccip } = lane.destination;
    return readOne(
      provider,
      { address: ccip.offRamp, interface: released("offRamp").interface },
      "getMerkleRoot",
      [lane.source.selector, this.commitmentOf(lane, message).merkleRoot],
      z.bigint(),
    );
  }

  executable(_: Lane, messages: readonly Message[]): Promise<Message[]> {
    return Promise.resolve([...messages]);
  }

  /** As many messages a transaction as its gas allows; one report a root, or a message if reordered. */
  executions(
    lane: Lane,
    messages: readonly Message[],
    { executorGas }: LaneFault,
  ): LabelledTransaction[] {
    const { ccip } = lane.destination;
    const context = reportContext(configDigest(ccip.offRamp, OCR_PLUGIN.execute), 0n);
    return packByGas(messages).map((packed) => ({
      ...call(ccip, "offRamp", "execute", [
        context,
        encodeExecutionReports(this.reports(lane, packed)),
      ]),
      label: `execution of ${packed.length} messages of ${laneName(lane)}`,
      ...(executorGas !== undefined && { gasLimit: executorGas }),
    }));
  }

  /** An OffRamp of CCIP 1.6 says nothing of messages by a revert: they stay to be executed. */
  reverted(): void {
    return;
  }

  async priceReport(chain: CcipChain, prices: PriceUpdates) {
    const latest = await readOne(
      chain.provider,
      { address: chain.ccip.offRamp, interface: released("offRamp").interface },
      "getLatestPriceSequenceNumber",
      [],
      z.bigint(),
    );
    const report = encodeCommitReport([], prices);
    const transaction = this.signedCommit(chain, report, latest + 1n, "price report");
    return { sender: chain.transmitter, transaction };
  }

  private commit(
    lane: Lane,
    messages: readonly Message16[],
    fault: LaneFault,
  ): LabelledTransaction | undefined {
    const { source, destination } = lane;
    const [first] = messages;
    const last = messages.at(-1);
    if (!first || !last) return undefined;
    const tree = treeOf(messages, source);
    const commitment = {
      sourceSelector: source.selector,
      minSequence: first.sequenceNumber,
      maxSequence: last.sequenceNumber,
      merkleRoot: tree.root,
    };
    this.batches.set(tree.root, { commitment, messages, tree });
    const report = encodeCommitReport([{ ...commitment, onRamp: source.ccip.onRamp }]);
    return this.signedCommit(
      destination,
      report,
      last.sequenceNumber,
      `commit of ${laneName(lane)} ${first.sequenceNumber} to ${last.sequenceNumber}`,
      fault.wrongSignature ? unknownSigners(this.members.signers.length) : this.members.signers,
    );
  }

  private committedUpTo({ source, destination }: Lane): bigint {
    return this.journal(destination)
      .commitments(source.selector)
      .reduce((highest, { maxSequence }) => (maxSequence > highest ? maxSequence : highest), 0n);
  }

  private signedCommit(
    chain: CcipChain,
    report: string,
    sequence: bigint,
    label: string,
    signers = this.members.signers,
  ): LabelledTransaction {
    const digest = configDigest(chain.ccip.offRamp, OCR_PLUGIN.commit);
    const context = reportContext(digest, sequence);
    const { faulty } = this.members;
    const { rs, ss, rawVs } = signReport(report, context, { signers, faulty });
    return {
      ...call(chain.ccip, "offRamp", "commit", [context, report, rs, ss, rawVs]),
      label,
    };
  }

  private reports(lane: Lane, messages: readonly Message[]): ExecutionReport[] {
    const ascending = messages.every(
      ({ sequenceNumber }, i) =>
        i === 0 || sequenceNumber > (messages[i - 1]?.sequenceNumber ?? 0n),
    );
    // A proof fixes the order of its messages, so another order takes a proof for each.
    const groups = ascending
      ? groupBy(messages, (message) => this.commitmentOf(lane, message).merkleRoot).values()
      : messages.map((message) => [message]);
    return [...groups].map((group) => {
      const [first] = group;
      if (!first) throw new Error("An execution report needs a message.");
      return executionReport(this.batch(lane, this.commitmentOf(lane, first)), group);
    });
  }

  private batch(lane: Lane, commitment: Commitment): Batch {
    const { merkleRoot } = commitment;
    const batch =
      this.batches.get(merkleRoot) ?? rebuildBatch(lane, this.journal(lane.source), commitment);
    this.batches.set(merkleRoot, batch);
    return batch;
  }

  private commitmentOf({ source, destination }: Lane, { sequenceNumber }: Message): Commitment {
    const commitment = this.journal(destination)
      .commitments(source.selector)
      .find(
        ({ minSequence, maxSequence }) =>
          minSequence <= sequenceNumber && sequenceNumber <= maxSequence,
      );
    if (commitment) return commitment;
    throw new Error(
      `Message ${sequenceNumber} of ${source.name} is not committed on ${destination.name}: ` +
        `verify() it first.`,
    );
  }
}

/** Returns accounts that are signers of no verifier and no DON. */
export function unknownSigners(count: number): ReturnType<typeof localAccount>[] {
  return Array.from({ length: count }, (_, i) => localAccount(200 + i));
}

/** Consecutive messages whose gas fits one transaction. */
function packByGas(messages: readonly Message[]): Message[][] {
  const packs: Message[][] = [];
  let gas = 0n;
  for (const message of messages) {
    const own = executionGas(message);
    const current = packs[packs.length - 1];
    if (current && gas + own <= EXECUTION_GAS) {
      current.push(message);
      gas += own;
    } else {
      packs.push([message]);
      gas = own;
    }
  }
  return packs;
}
