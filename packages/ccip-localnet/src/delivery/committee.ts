import { z } from "zod";

import { readAll } from "../protocol/abi";
import type { Committee, Verification } from "../protocol/verification";
import type { Carrier, Journals } from "./carrier";
import type { Ccip20Addresses, CcipChain, Lane } from "../protocol/chain";
import { unknownSigners } from "./don";
import type { LaneFault } from "./faults";
import { verifiedExecution } from "../protocol/manualCall";
import type { Message } from "../protocol/message";
import { released } from "../protocol/releases";
import type { PriceUpdates } from "../protocol/report";
import { decodeRevert, revertDataOf } from "../protocol/revert";
import type { LabelledTransaction, TransactionFailedError } from "../send";
import { call } from "../contracts/transactions";
import { committeeResults } from "../protocol/verification";

const requirements = z.object({ requiredCCVs: z.array(z.string()) });

/**
 * CCIP 2.0's committee and executor for local chains: the committee signs for messages off chain, and the
 * executor sends each message with the results once. The verifier contract checks the signatures, the
 * OffRamp that all required verifiers have answered.
 *
 * Both know what they did by the messages of the journals: when a chain is rolled back, its messages are
 * read anew and nothing is done for them.
 */
export class CommitteeAndExecutor implements Carrier {
  /** The destination's time at which the committee signed. */
  private readonly signedAt = new WeakMap<Message, bigint>();
  private readonly signedIds = new Map<string, bigint>();
  /** Messages that failed again after another account's failed attempt, which leaves no event. */
  private readonly failedAgain = new WeakSet<Message>();
  /** Transactions by hash, with true for those that the executor sent. */
  private readonly own = new Map<string, Promise<boolean>>();

  /**
   * @param before the times of earlier signatures, by message id.
   * @param publish receives the committee's results, as soon as it has signed.
   */
  constructor(
    private readonly committee: Committee,
    private readonly journal: Journals,
    private readonly before: ReadonlyMap<string, bigint> = new Map(),
    private readonly publish?: (messageId: string, answers: readonly Verification[]) => void,
  ) {}

  /** Signed messages by id, and the time of the signature. */
  get published(): ReadonlyMap<string, bigint> {
    return new Map([...this.before, ...this.signedIds]);
  }

  isVerified(_: Lane, message: Message): boolean {
    return this.timeOf(message) !== undefined;
  }

  async isTried({ source, destination }: Lane, message: Message): Promise<boolean> {
    const execution = this.journal(destination).execution(source.selector, message.sequenceNumber);
    if (!execution) return false;
    // Any account can cause a failure with invalid results, so the executor still makes its own attempt.
    return (
      execution.state === "success" ||
      this.failedAgain.has(message) ||
      (await this.isOwn(destination, execution.transactionHash))
    );
  }

  async verify(lane: Lane, messages: readonly Message[], fault: LaneFault): Promise<undefined> {
    const { provider, name } = lane.destination;
    const latest = await provider.getBlock("latest");
    if (!latest) throw new Error(`${name} has no blocks: is its node still running?`);
    for (const message of messages) {
      this.signedAt.set(message, BigInt(latest.timestamp));
      this.signedIds.set(message.messageId, BigInt(latest.timestamp));
      this.publish?.(message.messageId, this.answers(lane, message, fault));
    }
  }

  verifiedAt({ destination }: Lane, message: Message): Promise<bigint> {
    const at = this.timeOf(message);
    if (at !== undefined) return Promise.resolve(at);
    throw new Error(
      `Message ${message.messageId} to ${destination.name} has no verifier results: verify() it first.`,
    );
  }

  /** A message may have been sent without an executor or with another one, and may need other verifiers. */
  async executable(lane: Lane, messages: readonly Message[]): Promise<Message[]> {
    const { executor } = addressesOf(lane.source);
    const { verifierResolver } = addressesOf(lane.destination);
    const decisions = await Promise.all(
      messages.map(async (message) => {
        if (message.version !== "2.0" || message.executor !== executor) return false;
        const required = await this.requiredVerifiers(lane, message.encoded);
        return required?.every((verifier) => verifier === verifierResolver) ?? false;
      }),
    );
    return messages.filter((_, i) => decisions[i]);
  }

  executions(lane: Lane, messages: readonly Message[], fault: LaneFault): LabelledTransaction[] {
    return messages.flatMap((message) => {
      if (message.version !== "2.0") return [];
      const transaction = verifiedExecution(message, this.answers(lane, message, fault));
      const gasLimit = fault.executorGas ?? transaction.gasLimit;
      return [{ ...transaction, gasLimit, label: `execution of ${message.messageId}` }];
    });
  }

  /** An OffRamp of CCIP 2.0 reverts when a message that had failed fails again. */
  reverted(messages: readonly Message[], { revertData }: TransactionFailedError): void {
    const { name, values } = decodeRevert(revertData);
    if (name !== "NoStateProgressMade") return;
    const failed = messages.find(({ messageId }) => messageId === values.messageId);
    if (failed) this.failedAgain.add(failed);
  }

  /** Returns the price report, sent by the owner: on a local chain no other account may report prices. */
  priceReport(chain: CcipChain, { gas = [], tokens = [] }: PriceUpdates) {
    const transaction = call(chain.ccip, "feeQuoter", "updatePrices", [
      {
        tokenPriceUpdates: tokens.map(({ token, usdPerToken }) => ({
          sourceToken: token,
          usdPerToken,
        })),
        gasPriceUpdates: gas.map(({ destinationSelector, usdPerUnitGas }) => ({
          destChainSelector: destinationSelector,
          usdPerUnitGas,
        })),
      },
    ]);
    return Promise.resolve({ sender: chain.owner, transaction });
  }

  /** Returns the results that the committee publishes for a message; none before it has signed. */
  answers(lane: Lane, message: Message, { wrongSignature }: LaneFault): Verification[] {
    if (this.timeOf(message) === undefined) return [];
    const { signers, threshold } = this.committee;
    const signing = wrongSignature ? unknownSigners(threshold) : signers.slice(0, threshold);
    const { verifierResolver } = addressesOf(lane.destination);
    return [{ verifier: verifierResolver, results: committeeResults(message.messageId, signing) }];
  }

  private timeOf(message: Message): bigint | undefined {
    return this.signedAt.get(message) ?? this.before.get(message.messageId);
  }

  /** The verifiers of a message; undefined where the OffRamp names none, as for a finality that its receiver refuses. */
  private async requiredVerifiers(
    lane: Lane,
    encoded: string,
  ): Promise<readonly string[] | undefined> {
    const { provider, ccip } = lane.destination;
    const offRamp = { address: ccip.offRamp, interface: released("offRamp", "2.0").interface };
    try {
      return (await readAll(provider, offRamp, "getCCVsForMessage", [encoded], requirements))
        .requiredCCVs;
    } catch (error) {
      if (revertDataOf(error) === "0x") throw error;
      return undefined;
    }
  }

  private isOwn({ provider, transmitter }: CcipChain, transactionHash: string): Promise<boolean> {
    const known =
      this.own.get(transactionHash) ??
      Promise.all([provider.getTransaction(transactionHash), transmitter.getAddress()]).then(
        ([transaction, executor]) => transaction?.from === executor,
      );
    this.own.set(transactionHash, known);
    return known;
  }
}

function addressesOf({ name, ccip }: CcipChain): Ccip20Addresses {
  if (ccip.version === "2.0") return ccip;
  throw new Error(`${name} is seen through CCIP ${ccip.version}: a committee needs CCIP 2.0.`);
}
