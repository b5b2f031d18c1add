import type { Log, Signer } from "ethers";

import { executionGas, executionReport, rebuildBatch } from "./batch";
import type { ChainView, Lane } from "./chain";
import { laneName } from "./chain";
import { RampJournal } from "./journal";
import type { Execution } from "./journal";
import type { Message } from "./message";
import { released } from "./releases";
import { toRampReports } from "./report";
import { TransactionFailedError, revertDataOf } from "./send";
import { executionState } from "./status";

/** Gas limits that replace a message's own; CCIP lets them be raised, never lowered. */
export interface GasOverrides {
  /** For the receiver's `ccipReceive`. */
  readonly receiverGas?: bigint;
  /** For each token of the message, in its order. */
  readonly tokenGas?: readonly bigint[];
}

/** Gas of a transaction around its messages. */
const TRANSACTION_OVERHEAD_GAS = 150_000n;

/**
 * Executes a message by hand, which anybody may do: at once after a failure, and for a message that
 * nobody has touched once its commit is old enough. The proof is rebuilt from the events of both
 * chains.
 * @param lane where it travels; `firstBlock` of its chains bounds the search.
 * @param signer pays, on the destination.
 * @returns its new state: success, or failure for a message that was untouched before.
 * @throws when the message is unknown, not committed, done already, or fails again.
 */
export async function executeManually(
  lane: Lane<ChainView>,
  messageId: string,
  signer: Signer,
  overrides: GasOverrides = {},
): Promise<Execution> {
  const { source, destination } = lane;
  const [sent, received] = [new RampJournal(source), new RampJournal(destination)];
  await Promise.all([sent.refresh(), received.refresh()]);

  const message = findMessage(lane, sent, messageId);
  const state = await executionState(destination, message);
  if (state === "success") {
    throw new Error(
      `Message ${messageId} is executed on ${destination.name}: nothing is left to do.`,
    );
  }
  const commitment = received
    .commitments(source.selector)
    .find(
      ({ minSequence, maxSequence }) =>
        minSequence <= message.sequenceNumber && message.sequenceNumber <= maxSequence,
    );
  if (!commitment) {
    throw new Error(
      `Message ${messageId} is not committed on ${destination.name} yet: wait for the DON.`,
    );
  }
  const report = executionReport(rebuildBatch(lane, sent, commitment), [message]);
  const transaction = {
    label: `manual execution of ${messageId}`,
    to: destination.ccip.offRamp,
    data: released("offRamp").interface.encodeFunctionData("manuallyExecute", [
      toRampReports([report]),
      [[toGasLimitOverride(message, overrides)]],
    ]),
    gasLimit: executionGas(message, overrides) + TRANSACTION_OVERHEAD_GAS,
  };
  await rehearse(destination, await signer.getAddress(), transaction);
  const logs = await send(signer, transaction);
  const execution = received.add(logs).executed[0];
  if (execution) return execution;
  // Someone else was faster: the OffRamp then skips the message without an event of its state.
  await received.refresh();
  const other = received.execution(source.selector, message.sequenceNumber);
  if (other) return other;
  throw new Error(
    `The OffRamp of ${destination.name} passed over message ${messageId}: an earlier message of ` +
      `the same sender has to be executed first.`,
  );
}

function findMessage(lane: Lane<ChainView>, sent: RampJournal, messageId: string): Message {
  const message = sent
    .sent(lane.destination.selector)
    .find((candidate) => candidate.messageId === messageId);
  if (message) return message;
  throw new Error(
    `Message ${messageId} was not sent over ${laneName(lane)}: check the id, the lane and the ` +
      `first block (${lane.source.firstBlock ?? 0}).`,
  );
}

function toGasLimitOverride(message: Message, overrides: GasOverrides): Record<string, unknown> {
  const { receiverGas = 0n, tokenGas = message.tokens.map(() => 0n) } = overrides;
  if (tokenGas.length !== message.tokens.length) {
    throw new RangeError(
      `The message carries ${message.tokens.length} tokens, but gas is given for ${tokenGas.length}.`,
    );
  }
  return { receiverExecutionGasLimit: receiverGas, tokenGasOverrides: tokenGas };
}

interface ManualTransaction {
  readonly label: string;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}

/** Sends at the price that the signer's own chain asks: it may be a live one. */
async function send(
  signer: Signer,
  { label, ...transaction }: ManualTransaction,
): Promise<readonly Log[]> {
  try {
    const response = await signer.sendTransaction(transaction);
    return (await response.wait())?.logs ?? [];
  } catch (error) {
    throw new TransactionFailedError(label, revertDataOf(error), { cause: error });
  }
}

/** Asks the node first, so that an execution which fails again costs nothing and says why. */
async function rehearse(
  { provider }: ChainView,
  from: string,
  { label, ...transaction }: ManualTransaction,
): Promise<void> {
  try {
    await provider.call({ ...transaction, from });
  } catch (error) {
    throw new TransactionFailedError(label, revertDataOf(error), { cause: error });
  }
}
