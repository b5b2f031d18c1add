import type { CcipChain, Lane } from "../protocol/chain";
import type { LaneFault } from "./faults";
import type { RampJournal } from "../protocol/journal";
import type { Message } from "../protocol/message";
import type { PriceUpdates } from "../protocol/report";
import type { LabelledTransaction, TransactionFailedError } from "../send";

/** The delivery of messages by one version of CCIP. */
export interface Carrier {
  /** Returns whether a message may be executed: its root is committed, or its verifiers have answered. */
  isVerified(lane: Lane, message: Message): boolean;

  /** Returns whether its own attempt to execute a message is over, whatever came of it. */
  isTried(lane: Lane, message: Message): Promise<boolean>;

  /**
   * Vouches for messages, the oldest that nobody has vouched for.
   * @returns the transaction that makes it count, where there is one.
   */
  verify(
    lane: Lane,
    messages: readonly Message[],
    fault: LaneFault,
  ): Promise<LabelledTransaction | undefined>;

  /** The destination's time at which a message was vouched for, unix seconds. */
  verifiedAt(lane: Lane, message: Message): Promise<bigint>;

  /** Those of the messages that need nobody else to be executed. */
  executable(lane: Lane, messages: readonly Message[]): Promise<Message[]>;

  /** The transactions that execute messages, in this order. */
  executions(lane: Lane, messages: readonly Message[], fault: LaneFault): LabelledTransaction[];

  /** Told of a transaction that should have executed some of these messages, and reverted. */
  reverted(messages: readonly Message[], error: TransactionFailedError): void;

  /** The transaction that reports prices to a chain's FeeQuoter, and who sends it. */
  priceReport(
    chain: CcipChain,
    prices: PriceUpdates,
  ): Promise<{ readonly sender: CcipChain["owner"]; readonly transaction: LabelledTransaction }>;
}

/** Finds what the ramps of a chain have said. */
export type Journals = (chain: CcipChain) => RampJournal;
