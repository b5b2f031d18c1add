import { setTimeout as sleep } from "node:timers/promises";

import type { TransactionReceipt } from "ethers";
import { z } from "zod";

import { readOne } from "./abi";
import { localDonMembers } from "./accounts";
import type { DonMembers } from "./accounts";
import { executionGas, executionReport, rebuildBatch, treeOf } from "./batch";
import type { Batch } from "./batch";
import { groupBy, laneName, lanesBetween } from "./chain";
import type { CcipChain, Lane } from "./chain";
import { OCR_PLUGIN, configDigest } from "./deploy16";
import { Faults, curseSubject } from "./faults";
import type { Delay } from "./faults";
import { RampJournal } from "./journal";
import type { Commitment, Execution } from "./journal";
import type { Message } from "./message";
import { MAX_LEAVES } from "./merkle";
import { released } from "./releases";
import { encodeCommitReport, encodeExecutionReports, reportContext, signReport } from "./report";
import type { ExecutionReport, PriceUpdates } from "./report";
import { sendAll, sendEach } from "./send";
import type { LabelledTransaction, TransactionFailedError } from "./send";
import { call } from "./transactions";

/** Gas that the messages of one execution may take together: one transaction's, less its proofs. */
const EXECUTION_GAS = 14_000_000n;

/** A message that the DON has executed. */
export interface Delivery {
  readonly messageId: string;
  /** Chain names. */
  readonly source: string;
  readonly destination: string;
  readonly sequenceNumber: bigint;
  /** After a failure anybody may execute the message by hand; the DON does not try again. */
  readonly state: "success" | "failure";
  /** Why it failed, `0x` on success; see `decodeRevert`. */
  readonly returnData: string;
  /** Gas of the message alone. */
  readonly gasUsed: bigint;
  readonly transactionHash: string;
}

/** A message on its way. */
export interface PendingMessage {
  readonly message: Message;
  /** Whether its root is committed on the destination. */
  readonly committed: boolean;
}

/** Some lanes could not be served; the others were. */
export class DeliveryError extends AggregateError {
  override readonly name = "DeliveryError";

  constructor(
    errors: readonly TransactionFailedError[],
    /** What was delivered all the same. */
    readonly deliveries: readonly Delivery[],
  ) {
    super(errors, errors.map(({ message }) => message).join("; "));
  }
}

/** How a {@link LocalDon} is set up. */
export interface DonOptions {
  /** Has to be what the OffRamps were deployed with. */
  readonly members?: DonMembers;
  readonly faults?: Faults;
}

/** How a {@link LocalDon} runs by itself. */
export interface DonLoop {
  /** Pause between rounds, milliseconds. */
  readonly pollMs?: number;
  readonly onDelivery?: (delivery: Delivery) => void;
  readonly onError?: (error: unknown) => void;
}

/**
 * CCIP's two DONs for local chains: commits merkle roots with F + 1 signatures and executes what was
 * committed, once. All it knows it reads from the ramps' events, so another instance may take over
 * at any time. The OffRamp checks the signatures, the proofs and that nothing is executed twice.
 *
 * Calls that name a lane do as they are told; {@link deliver} and the loop honour {@link faults}.
 */
export class LocalDon {
  readonly faults: Faults;
  private readonly lanes: readonly Lane[];
  private readonly members: DonMembers;
  private readonly journals: ReadonlyMap<CcipChain, RampJournal>;
  private readonly batches = new Map<string, Batch>();
  /** The round in which a root was first seen, for delays counted in rounds. */
  private readonly seenInRound = new Map<string, number>();
  private round = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private loop: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(
    readonly chains: readonly CcipChain[],
    { members = localDonMembers(), faults = new Faults() }: DonOptions = {},
  ) {
    this.faults = faults;
    this.members = members;
    this.lanes = lanesBetween(chains);
    this.journals = new Map(chains.map((chain) => [chain, new RampJournal(chain)]));
  }

  /** The lane between two of the DON's chains, by name. */
  lane(source: string, destination: string): Lane {
    const lane = this.lanes.find(
      (candidate) => candidate.source.name === source && candidate.destination.name === destination,
    );
    if (lane) return lane;
    const names = this.chains.map(({ name }) => name).join(", ");
    throw new Error(`There is no lane ${source} -> ${destination}: choose two of ${names}.`);
  }

  /** The lane's messages that nobody has tried to execute yet, oldest first. */
  pending(lane: Lane): Promise<PendingMessage[]> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      return this.pendingOf(lane);
    });
  }

  /**
   * Commits the lane's oldest uncommitted messages under one root.
   * @param count how many at most.
   * @returns the root, or undefined when there was nothing to commit.
   */
  commit(lane: Lane, count = MAX_LEAVES): Promise<Commitment | undefined> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      const transaction = this.commitTransaction(lane, count);
      if (!transaction) return undefined;
      const [receipt] = await sendAll(lane.destination.transmitter, [transaction]);
      return this.takeOver(lane.destination, receipt).committed[0];
    });
  }

  /**
   * Executes the lane's committed messages that nobody has tried yet.
   * @param only these messages, in the order given; all, oldest first, unless named.
   */
  execute(lane: Lane, only?: readonly Pick<Message, "messageId">[]): Promise<Delivery[]> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      const ready = this.pendingOf(lane).filter(({ committed }) => committed);
      const messages = ready.map(({ message }) => message);
      const chosen = only
        ? only.flatMap((wanted) =>
            messages.filter(({ messageId }) => messageId === wanted.messageId),
          )
        : messages;
      const { transmitter } = lane.destination;
      const receipts = await sendAll(transmitter, this.executionTransactions(lane, chosen));
      return receipts.flatMap((receipt) => this.deliveriesIn(lane.destination, receipt));
    });
  }

  /**
   * One round over all lanes: commits and executes everything that no fault or curse holds back.
   * @returns what became of each message that was executed.
   * @throws DeliveryError when transactions failed as a whole, after all other lanes were served.
   */
  deliver(): Promise<Delivery[]> {
    return this.inTurn(async () => {
      this.round += 1;
      await this.refresh(this.chains);
      const deliveries: Delivery[] = [];
      const errors: TransactionFailedError[] = [];
      // Chains on one provider share the transmitter's nonce: in turn there, at once elsewhere.
      const byProvider = groupBy(this.chains, ({ provider }) => provider);
      await Promise.all(
        [...byProvider.values()].map(async (group) => {
          for (const destination of group) {
            const outcome = await this.serve(destination);
            deliveries.push(...outcome.deliveries);
            errors.push(...outcome.errors);
          }
        }),
      );
      if (errors.length > 0) throw new DeliveryError(errors, deliveries);
      return deliveries;
    });
  }

  /**
   * Reports prices to a chain's FeeQuoter, as a live DON does all day.
   * @param chain whose FeeQuoter is told.
   */
  reportPrices(chain: CcipChain, prices: PriceUpdates): Promise<void> {
    return this.inTurn(async () => {
      const latest = await readOne(
        chain.provider,
        { address: chain.ccip.offRamp, interface: released("offRamp").interface },
        "getLatestPriceSequenceNumber",
        [],
        z.bigint(),
      );
      const report = encodeCommitReport([], prices);
      const transaction = this.signedCommit(chain, report, latest + 1n, "price report");
      await sendAll(chain.transmitter, [transaction]);
    });
  }

  /** Starts delivering round after round, until {@link stop}. */
  start({ pollMs = 500, onDelivery, onError }: DonLoop = {}): void {
    if (this.loop) throw new Error("The DON is running already: stop() it first.");
    const stop = new AbortController();
    const ended = (async () => {
      while (!stop.signal.aborted) {
        try {
          for (const delivery of await this.deliver()) onDelivery?.(delivery);
        } catch (error) {
          if (error instanceof DeliveryError)
            error.deliveries.forEach((item) => onDelivery?.(item));
          if (!stop.signal.aborted) onError?.(error);
        }
        await sleep(pollMs, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    })();
    this.loop = { stop, ended };
  }

  /** Ends the loop and waits for the round under way. */
  async stop(): Promise<void> {
    this.loop?.stop.abort();
    await this.loop?.ended;
    this.loop = undefined;
  }

  /** Runs one action at a time: they share journals and the transmitters' nonces. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.turn.then(action);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async refresh(chains: readonly CcipChain[]): Promise<void> {
    await Promise.all(chains.map((chain) => this.journal(chain).refresh()));
  }

  private async serve(
    destination: CcipChain,
  ): Promise<{ deliveries: Delivery[]; errors: TransactionFailedError[] }> {
    const errors: TransactionFailedError[] = [];
    const send = async (transactions: LabelledTransaction[]): Promise<TransactionReceipt[]> => {
      if (transactions.length === 0) return [];
      const outcomes = await sendEach(destination.transmitter, transactions);
      return outcomes.flatMap((outcome) => {
        if (!(outcome instanceof Error)) return [outcome];
        errors.push(outcome);
        return [];
      });
    };

    const lanes = await this.openLanes(destination);
    const commits = lanes.flatMap((lane) => this.commitTransaction(lane, MAX_LEAVES) ?? []);
    for (const receipt of await send(commits)) this.takeOver(destination, receipt);

    const executions: LabelledTransaction[] = [];
    for (const lane of lanes) {
      executions.push(...this.executionTransactions(lane, await this.executable(lane)));
    }
    const receipts = await send(executions);
    return {
      deliveries: receipts.flatMap((receipt) => this.deliveriesIn(destination, receipt)),
      errors,
    };
  }

  /** The lanes to a destination with work to do that are neither held nor cursed. */
  private async openLanes(destination: CcipChain): Promise<Lane[]> {
    const lanes = this.lanes.filter(
      (lane) =>
        lane.destination === destination &&
        !this.faults.of(lane).hold &&
        this.pendingOf(lane).length > 0,
    );
    const cursed = await Promise.all(
      lanes.map(({ source }) =>
        readOne(
          destination.provider,
          { address: destination.ccip.rmnRemote, interface: released("rmnRemote").interface },
          "isCursed(bytes16)",
          [curseSubject(source.selector)],
          z.boolean(),
        ),
      ),
    );
    return lanes.filter((_, i) => !cursed[i]);
  }

  private pendingOf(lane: Lane): PendingMessage[] {
    const { source, destination } = lane;
    const journal = this.journal(destination);
    const committed = this.committedUpTo(lane);
    return this.journal(source)
      .sent(destination.selector)
      .filter(({ sequenceNumber }) => !journal.execution(source.selector, sequenceNumber))
      .map((message) => ({ message, committed: message.sequenceNumber <= committed }));
  }

  private committedUpTo({ source, destination }: Lane): bigint {
    return this.journal(destination)
      .commitments(source.selector)
      .reduce((highest, { maxSequence }) => (maxSequence > highest ? maxSequence : highest), 0n);
  }

  /** Committed messages that no fault holds back, in the order in which they are to be executed. */
  private async executable(lane: Lane): Promise<Message[]> {
    const { holdExecution, reorder, delay } = this.faults.of(lane);
    if (holdExecution) return [];
    const ready: Message[] = [];
    const pending = this.pendingOf(lane).filter(({ committed }) => committed);
    const byRoot = groupBy(pending, ({ message }) => this.commitmentOf(lane, message));
    for (const [commitment, items] of byRoot) {
      if (delay && !(await this.isDue(lane, commitment, delay))) continue;
      ready.push(...items.map(({ message }) => message));
    }
    return reorder ? ready.reverse() : ready;
  }

  private async isDue(lane: Lane, commitment: Commitment, delay: Delay): Promise<boolean> {
    const { merkleRoot } = commitment;
    if ("rounds" in delay) {
      const seen = this.seenInRound.get(merkleRoot) ?? this.round;
      this.seenInRound.set(merkleRoot, seen);
      return this.round - seen >= delay.rounds;
    }
    const { provider, ccip, name } = lane.destination;
    const [committedAt, latest] = await Promise.all([
      readOne(
        provider,
        { address: ccip.offRamp, interface: released("offRamp").interface },
        "getMerkleRoot",
        [lane.source.selector, merkleRoot],
        z.bigint(),
      ),
      provider.getBlock("latest"),
    ]);
    if (!latest) throw new Error(`${name} has no blocks: is its node still running?`);
    return BigInt(latest.timestamp) - committedAt >= BigInt(delay.seconds);
  }

  private commitTransaction(lane: Lane, count: number): LabelledTransaction | undefined {
    const { source, destination } = lane;
    const committed = this.committedUpTo(lane);
    const messages = this.journal(source)
      .sent(destination.selector)
      .filter(({ sequenceNumber }) => sequenceNumber > committed)
      .slice(0, Math.min(count, MAX_LEAVES));
    const first = messages[0];
    const last = messages[messages.length - 1];
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
    );
  }

  private signedCommit(
    chain: CcipChain,
    report: string,
    sequence: bigint,
    label: string,
  ): LabelledTransaction {
    const digest = configDigest(chain.ccip.offRamp, OCR_PLUGIN.commit);
    const context = reportContext(digest, sequence);
    const { rs, ss, rawVs } = signReport(report, context, this.members);
    return { ...call(chain.ccip, "offRamp", "commit", [context, report, rs, ss, rawVs]), label };
  }

  /** As many messages a transaction as its gas allows; one report a root, or a message if reordered. */
  private executionTransactions(lane: Lane, messages: readonly Message[]): LabelledTransaction[] {
    const { ccip } = lane.destination;
    const context = reportContext(configDigest(ccip.offRamp, OCR_PLUGIN.execute), 0n);
    return packByGas(messages).map((packed) => ({
      ...call(ccip, "offRamp", "execute", [
        context,
        encodeExecutionReports(this.reports(lane, packed)),
      ]),
      label: `execution of ${packed.length} messages of ${laneName(lane)}`,
    }));
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
        `commit() it first.`,
    );
  }

  private takeOver(
    chain: CcipChain,
    receipt: TransactionReceipt | undefined,
  ): { committed: Commitment[]; executed: Execution[] } {
    return this.journal(chain).add(receipt?.logs ?? []);
  }

  private deliveriesIn(destination: CcipChain, receipt: TransactionReceipt): Delivery[] {
    return this.takeOver(destination, receipt).executed.map((execution) => {
      const { sourceSelector, state, ...rest } = execution;
      return {
        ...rest,
        source: this.chainOf(sourceSelector).name,
        destination: destination.name,
        // The OffRamp emits only end states.
        state: state === "success" ? "success" : "failure",
      };
    });
  }

  private chainOf(selector: bigint): CcipChain {
    const chain = this.chains.find((candidate) => candidate.selector === selector);
    if (chain) return chain;
    throw new Error(`The DON does not watch a chain with the selector ${selector}.`);
  }

  private journal(chain: CcipChain): RampJournal {
    const journal = this.journals.get(chain);
    if (journal) return journal;
    throw new Error(`The DON does not watch ${chain.name}: pass it to its constructor.`);
  }
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
