import type { Log, Signer } from "ethers";
import { TransactionFailedError } from "ccip-localnet";
import {
  executionState,
  findMessage,
  manualExecution,
  RampJournal,
  revertDataOf,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type {
  ChainView,
  Execution,
  GasOverrides,
  Lane,
  Message,
  Message20,
  Verification,
  VerificationSource,
} from "ccip-localnet/protocol";

import { OperatorError } from "../../lib/core/errors";

/**
 * Executes a message by hand, which any account may do. In CCIP 1.6 at once after a failure, and for a message
 * without an attempt once its commit is old enough; the proof is rebuilt from the events of both
 * chains. In CCIP 2.0 at any time, with what its verifiers answered.
 * @param lane where it travels; `firstBlock` of its chains bounds the search.
 * @param signer pays, on the destination.
 * @param verifications where answers of verifiers are found; not needed in CCIP 1.6.
 * @returns its new state: success, or failure for a message that was untouched before.
 * @throws when the message is unknown, neither committed nor verified, done already, or fails again.
 */
export async function executeManually(
  lane: Lane<ChainView>,
  messageId: string,
  signer: Signer,
  overrides: GasOverrides = {},
  verifications?: VerificationSource,
): Promise<Execution> {
  const { source, destination } = lane;
  const [sent, received] = [new RampJournal(source), new RampJournal(destination)];
  await Promise.all([sent.refresh(), received.refresh()]);

  const message = findMessage(lane, sent, messageId);
  const state = await executionState(destination, message);
  if (state === "success") {
    throw new OperatorError(
      "ALREADY_EXECUTED",
      `Message ${messageId} is executed on ${destination.name}: nothing is left to do.`,
    );
  }
  const transaction = {
    label: `manual execution of ${messageId}`,
    ...(message.version === "1.6"
      ? manualExecution(lane, { sent, received }, message, overrides)
      : verifiedExecution(message, await answersFor(message, verifications), overrides)),
  };
  await rehearse(destination, await signer.getAddress(), transaction);
  const logs = await send(signer, transaction);
  const execution = received.add(logs).executed[0];
  if (execution) return execution;
  // Someone else was faster: the OffRamp then skips the message without an event of its state.
  await received.refresh();
  const other = received.execution(source.selector, message.sequenceNumber);
  if (other) return other;
  throw new OperatorError(
    "EXECUTION_REFUSED",
    `The OffRamp of ${destination.name} passed over message ${messageId}: an earlier message of ` +
      `the same sender has to be executed first.`,
  );
}

/** Returns the call by which anyone executes a verified message; in CCIP 1.6 it counts once the commit is old enough. */
export async function executionCall(
  lane: Lane<ChainView>,
  message: Message,
  verifications: VerificationSource,
): Promise<{ readonly to: string; readonly data: string }> {
  if (message.version === "2.0") {
    return verifiedExecution(message, await answersFor(message, verifications));
  }
  const [sent, received] = [new RampJournal(lane.source), new RampJournal(lane.destination)];
  await Promise.all([sent.refresh(), received.refresh()]);
  return manualExecution(lane, { sent, received }, message);
}

async function answersFor(
  { messageId }: Message20,
  source: VerificationSource | undefined,
): Promise<readonly Verification[]> {
  if (!source) {
    throw new OperatorError(
      "NOT_VERIFIED",
      `Message ${messageId} travels over CCIP 2.0, which executes with verifier results only: name ` +
        `where they are found.`,
    );
  }
  const answers = await source.verificationsOf(messageId);
  if (answers.length > 0) return answers;
  throw new OperatorError(
    "NOT_VERIFIED",
    `No verifier has answered for message ${messageId} yet: wait for the committee.`,
  );
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
