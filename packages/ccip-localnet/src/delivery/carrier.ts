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
   * Commits or verifies messages, starting with the oldest one that is neither.
   * @returns the commit transaction, where there is one.
   */
  verify(
    lane: Lane,
    messages: readonly Message[],
    fault: LaneFault,
  ): Promise<LabelledTransaction | undefined>;

  /** Returns the destination's time at which a message was committed or verified, unix seconds. */
  verifiedAt(lane: Lane, message: Message): Promise<bigint>;

  /** Those of the messages that need nobody else to be executed. */
  executable(lane: Lane, messages: readonly Message[]): Promise<Message[]>;

  /** The transactions that execute messages, in this order. */
  executions(lane: Lane, messages: readonly Message[], fault: LaneFault): LabelledTransaction[];

  /** Handles the revert of a transaction that should have executed some of these messages. */
  reverted(messages: readonly Message[], error: TransactionFailedError): void;

  /** The transaction that reports prices to a chain's FeeQuoter, and who sends it. */
  priceReport(
    chain: CcipChain,
    prices: PriceUpdates,
  ): Promise<{ readonly sender: CcipChain["owner"]; readonly transaction: LabelledTransaction }>;
}

/** Returns the journal of the ramps of a chain. */
export type Journals = (chain: CcipChain) => RampJournal;
