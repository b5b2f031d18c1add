import { setTimeout as sleep } from "node:timers/promises";

import type { TransactionReceipt } from "ethers";
import { z } from "zod";

import { readOne } from "../protocol/abi";
import { localCommittee, localDonMembers } from "../accounts";
import type {
  Committee,
  DonMembers,
  Verification,
  VerificationSource,
} from "../protocol/verification";
import type { Carrier } from "./carrier";
import { groupBy, lanesBetween } from "../protocol/chain";
import type { CcipChain, Lane } from "../protocol/chain";
import { CommitteeAndExecutor } from "./committee";
import { Don } from "./don";
import { Faults, curseSubject } from "./faults";
import type { Delay } from "./faults";
import { RampJournal } from "../protocol/journal";
import { MAX_LEAVES } from "../protocol/merkle";
import type { Message } from "../protocol/message";
import { released } from "../protocol/releases";
import type { CcipVersion } from "../protocol/releases";
import type { PriceUpdates } from "../protocol/report";
import { sendAll, sendEach } from "../send";
import type { LabelledTransaction, TransactionFailedError } from "../send";

/** A message that was executed. */
export interface Delivery {
  readonly messageId: string;
  /** Chain names. */
  readonly source: string;
  readonly destination: string;
  readonly sequenceNumber: bigint;
  /** After a failure anybody may execute the message by hand; CCIP does not try again. */
  readonly state: "success" | "failure";
  /** Revert data of a failure, `0x` on success; see `decodeRevert`. */
  readonly returnData: string;
  /** In CCIP 1.6 gas of the message alone, in 2.0 that of its transaction. */
  readonly gasUsed: bigint;
  readonly transactionHash: string;
}

/** A message on its way. */
export interface PendingMessage {
  readonly message: Message;
  /** True if it may be executed: its root is committed (CCIP 1.6), its verifiers have answered (2.0). */
  readonly verified: boolean;
}

/** Some lanes could not be served; the others were. */
export class DeliveryError extends AggregateError {
  override readonly name = "DeliveryError";

  constructor(
    errors: readonly TransactionFailedError[],
    /** The messages that were delivered nevertheless. */
    readonly deliveries: readonly Delivery[],
  ) {
    super(errors, errors.map(({ message }) => message).join("; "));
  }
}

/** Options of a {@link LocalCcip}. */
export interface LocalCcipOptions {
  /** The lanes that {@link LocalCcip.lane} finds first, where two chains run several versions. */
  readonly lanes?: readonly Lane[];
  /** Has to be what the OffRamps of CCIP 1.6 were deployed with. */
  readonly members?: DonMembers;
  /** Has to be what the lanes of CCIP 2.0 were opened with. */
  readonly committee?: Committee;
  readonly faults?: Faults;
  /** The network before, whose signed results stay published. */
  readonly after?: LocalCcip;
  /** Told what the committee of CCIP 2.0 answers for a message, as soon as it has signed. */
  readonly publish?: (messageId: string, answers: readonly Verification[]) => void;
}

/** Options of a {@link LocalCcip} that runs by itself. */
export interface DeliveryLoop {
  /** Pause between rounds, milliseconds. */
  readonly pollMs?: number;
  readonly onDelivery?: (delivery: Delivery) => void;
  readonly onError?: (error: unknown) => void;
}

/**
 * Delivers messages between local chains, in each lane's version: the DON of CCIP 1.6, the committee
 * and the executor of 2.0. All it knows of messages it reads from the ramps' events, so another instance
 * may take over at any time.
 *
 * Calls that name a lane ignore {@link faults}; {@link deliver} and the loop respect them.
 */
export class LocalCcip implements VerificationSource {
  readonly place = "the local committee";
  readonly faults: Faults;
  private preferred: readonly Lane[];
  private readonly carriers: Readonly<Record<CcipVersion, Carrier>>;
  private readonly committee: CommitteeAndExecutor;
  private readonly journals: Map<CcipChain, RampJournal>;
  /** The round in which a message was first seen verified, for delays counted in rounds. */
  private readonly seenInRound = new WeakMap<Message, number>();
  private readonly dropped = new WeakSet<Message>();
  private round = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private loop: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(
    chains: readonly CcipChain[],
    {
      lanes = [],
      members = localDonMembers(),
      committee = localCommittee(),
      faults = new Faults(),
      after,
      publish,
    }: LocalCcipOptions = {},
  ) {
    this.faults = faults;
    this.preferred = lanes;
    this.journals = new Map(chains.map((chain) => [chain, new RampJournal(chain)]));
    const journal = (chain: CcipChain) => this.journal(chain);
    this.committee = new CommitteeAndExecutor(
      committee,
      journal,
      after?.committee.published,
      publish,
    );
    this.carriers = { "1.6": new Don(members, journal), "2.0": this.committee };
  }

  /** The chains between which it delivers, each once for every version that it runs. */
  get chains(): readonly CcipChain[] {
    return [...this.journals.keys()];
  }

  /** Names these lanes from now on where no version is asked for, and delivers over them as over all others. */
  open(lanes: readonly Lane[]): void {
    for (const chain of lanes.flatMap(({ source, destination }) => [source, destination])) {
      if (!this.journals.has(chain)) this.journals.set(chain, new RampJournal(chain));
    }
    this.preferred = [...lanes, ...this.preferred];
  }

  /** Every lane that the chains could have: one may be moved while messages are on their way. */
  private get lanes(): readonly Lane[] {
    return lanesBetween(this.chains);
  }

  /**
   * The lane between two of the chains, by name.
   * @param version of its ramps; unless named, the one that was opened last or the newest that both chains run.
   */
  lane(source: string, destination: string, version?: CcipVersion): Lane {
    const isBetween = (lane: Lane) =>
      lane.source.name === source && lane.destination.name === destination;
    const opened = this.preferred.find(isBetween);
    if (opened && version === undefined) return opened;
    const lanes = this.lanes
      .filter(isBetween)
      .filter(({ source: { ccip } }) => version === undefined || ccip.version === version)
      .sort((a, b) => a.source.ccip.version.localeCompare(b.source.ccip.version));
    const lane = lanes.at(-1);
    if (lane) return lane;
    const names = [...new Set(this.chains.map(({ name }) => name))].join(", ");
    const what = version ? `lane of CCIP ${version}` : "lane";
    throw new Error(`There is no ${what} ${source} -> ${destination}: choose two of ${names}.`);
  }

  /** The lane's messages that nobody has tried to execute yet, oldest first. */
  pending(lane: Lane): Promise<PendingMessage[]> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      return this.pendingOf(lane);
    });
  }

  /**
   * Vouches for the lane's oldest messages that nobody has vouched for: in CCIP 1.6 by committing them
   * under one root, in 2.0 by signing for each.
   * @param count how many at most.
   */
  verify(lane: Lane, count = MAX_LEAVES): Promise<readonly Message[]> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      const messages = await this.unverified(lane, count);
      const transaction = await this.carrier(lane).verify(lane, messages, {});
      if (transaction) {
        const receipts = await sendAll(lane.destination.transmitter, [transaction]);
        receipts.forEach((receipt) => this.journal(lane.destination).add(receipt.logs));
      }
      return messages;
    });
  }

  /**
   * Executes the lane's verified messages that nobody has tried yet.
   * @param only these messages, in the order given; all, oldest first, unless named.
   */
  execute(lane: Lane, only?: readonly Pick<Message, "messageId">[]): Promise<Delivery[]> {
    return this.inTurn(async () => {
      await this.refresh([lane.source, lane.destination]);
      const pending = await this.pendingOf(lane);
      const messages = pending.flatMap(({ message, verified }) => (verified ? [message] : []));
      const chosen = only
        ? only.flatMap((wanted) =>
            messages.filter(({ messageId }) => messageId === wanted.messageId),
          )
        : messages;
      const { transmitter } = lane.destination;
      const transactions = this.carrier(lane).executions(lane, chosen, {});
      const receipts = await sendAll(transmitter, transactions);
      return receipts.flatMap((receipt) => this.deliveriesIn(lane.destination, receipt));
    });
  }

  /**
   * One round over all lanes: verifies and executes everything that no fault or curse holds back.
   * @returns the outcome of each message that was executed.
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
   * Reports prices to a chain's FeeQuoter, as a live network does all day.
   * @param chain whose FeeQuoter receives the prices.
   */
  reportPrices(chain: CcipChain, prices: PriceUpdates): Promise<void> {
    return this.inTurn(async () => {
      const carrier = this.carriers[chain.ccip.version];
      const { sender, transaction } = await carrier.priceReport(chain, prices);
      await sendAll(sender, [transaction]);
    });
  }

  /** Returns the results that the local committee has published for a message of CCIP 2.0, wrong signatures included. */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    return this.inTurn(() => {
      for (const lane of this.lanes.filter(({ source: { ccip } }) => ccip.version === "2.0")) {
        const message = this.journal(lane.source)
          .sent(lane.destination.selector)
          .find((sent) => sent.messageId === messageId);
        if (message) {
          return Promise.resolve(this.committee.answers(lane, message, this.faults.of(lane)));
        }
      }
      return Promise.resolve([]);
    });
  }

  /** Starts delivering round after round, until {@link stop}. */
  start({ pollMs = 500, onDelivery, onError }: DeliveryLoop = {}): void {
    if (this.loop) throw new Error("The local CCIP is running already: stop() it first.");
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
    const deliveries: Delivery[] = [];
    const send = async (
      transactions: readonly LabelledTransaction[],
      onError?: (error: TransactionFailedError) => void,
    ): Promise<TransactionReceipt[]> => {
      const outcomes = await sendEach(destination.transmitter, transactions);
      return outcomes.flatMap((outcome) => {
        if (!(outcome instanceof Error)) return [outcome];
        errors.push(outcome);
        onError?.(outcome);
        return [];
      });
    };

    const lanes = await this.openLanes(destination);
    const verifications: LabelledTransaction[] = [];
    for (const lane of lanes) {
      const fault = this.faults.of(lane);
      if (fault.verifierDown) continue;
      const messages = await this.unverified(lane, MAX_LEAVES);
      const transaction = await this.carrier(lane).verify(lane, messages, fault);
      if (transaction) verifications.push(transaction);
    }
    const verified = await send(verifications);
    verified.forEach((receipt) => this.journal(destination).add(receipt.logs));

    for (const lane of lanes) {
      const messages = await this.due(lane);
      const carrier = this.carrier(lane);
      const executions = carrier.executions(lane, messages, this.faults.of(lane));
      const receipts = await send(executions, (error) => carrier.reverted(messages, error));
      deliveries.push(...receipts.flatMap((receipt) => this.deliveriesIn(destination, receipt)));
    }
    return { deliveries, errors };
  }

  /** The lanes to a destination with work to do that are neither held nor cursed. */
  private async openLanes(destination: CcipChain): Promise<Lane[]> {
    const lanes: Lane[] = [];
    for (const lane of this.lanes) {
      if (lane.destination !== destination || this.faults.of(lane).hold) continue;
      if ((await this.pendingOf(lane)).length > 0) lanes.push(lane);
    }
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

  private async pendingOf(lane: Lane): Promise<PendingMessage[]> {
    const carrier = this.carrier(lane);
    const messages = this.sent(lane);
    const tried = await Promise.all(messages.map((message) => carrier.isTried(lane, message)));
    return messages
      .filter((_, i) => !tried[i])
      .map((message) => ({ message, verified: carrier.isVerified(lane, message) }));
  }

  private async unverified(lane: Lane, count: number): Promise<Message[]> {
    const pending = await this.pendingOf(lane);
    const messages = pending.flatMap(({ message, verified }) => (verified ? [] : [message]));
    return messages.slice(0, Math.min(count, MAX_LEAVES));
  }

  /** Verified messages that no fault holds back, in the order in which they are to be executed. */
  private async due(lane: Lane): Promise<Message[]> {
    const { holdExecution, reorder, delay, drop } = this.faults.of(lane);
    const pending = await this.pendingOf(lane);
    if (drop) pending.forEach(({ message }) => this.dropped.add(message));
    if (holdExecution) return [];
    const ready: Message[] = [];
    for (const { message, verified } of pending) {
      if (!verified || this.dropped.has(message)) continue;
      if (!delay || (await this.isDue(lane, message, delay))) ready.push(message);
    }
    const executable = await this.carrier(lane).executable(lane, ready);
    return reorder ? executable.reverse() : executable;
  }

  private async isDue(lane: Lane, message: Message, delay: Delay): Promise<boolean> {
    if ("rounds" in delay) {
      const seen = this.seenInRound.get(message) ?? this.round;
      this.seenInRound.set(message, seen);
      return this.round - seen >= delay.rounds;
    }
    const { provider, name } = lane.destination;
    const [verifiedAt, latest] = await Promise.all([
      this.carrier(lane).verifiedAt(lane, message),
      provider.getBlock("latest"),
    ]);
    if (!latest) throw new Error(`${name} has no blocks: is its node still running?`);
    return BigInt(latest.timestamp) - verifiedAt >= BigInt(delay.seconds);
  }

  private deliveriesIn(destination: CcipChain, receipt: TransactionReceipt): Delivery[] {
    return this.journal(destination)
      .add(receipt.logs)
      .executed.map(({ sourceSelector, state, gasUsed = receipt.gasUsed, ...rest }) => ({
        ...rest,
        gasUsed,
        source: this.chainOf(sourceSelector).name,
        destination: destination.name,
        // The OffRamp emits only end states.
        state: state === "success" ? "success" : "failure",
      }));
  }

  private sent({ source, destination }: Lane): Message[] {
    return this.journal(source).sent(destination.selector);
  }

  private carrier({ source }: Lane): Carrier {
    return this.carriers[source.ccip.version];
  }

  private chainOf(selector: bigint): CcipChain {
    const chain = this.chains.find((candidate) => candidate.selector === selector);
    if (chain) return chain;
    throw new Error(`The local CCIP does not run on a chain with the selector ${selector}.`);
  }

  private journal(chain: CcipChain): RampJournal {
    const journal = this.journals.get(chain);
    if (journal) return journal;
    throw new Error(`The local CCIP does not run on ${chain.name}: pass it to the constructor.`);
  }
}
