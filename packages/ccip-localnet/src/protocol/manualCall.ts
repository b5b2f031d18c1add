import { executionGas, executionReport, rebuildBatch } from "./batch";
import { laneName } from "./chain";
import type { ChainView, Lane } from "./chain";
import type { RampJournal } from "./journal";
import type { Message, Message16, Message20 } from "./message";
import { released } from "./releases";
import { toRampReports } from "./report";
import type { Verification } from "./verification";

/** Gas limits that replace a message's own; CCIP lets them be raised, never lowered. */
export interface GasOverrides {
  /** For the receiver's `ccipReceive`. */
  readonly receiverGas?: bigint;
  /** For each token of the message, in its order. */
  readonly tokenGas?: readonly bigint[];
}

/** A call that executes a message by hand, whoever signs it. */
export interface ManualCall {
  /** The destination's OffRamp. */
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}

/** Gas of a transaction around its messages. */
const TRANSACTION_OVERHEAD_GAS = 150_000n;

/**
 * The call that executes a committed message of CCIP 1.6 by hand; its proof is rebuilt from what both
 * chains said.
 * @throws when the message is not committed, the journal of the source lacks a part of its batch, or it
 * travels over CCIP 2.0: {@link verifiedExecution} is its call.
 */
export function manualExecution(
  lane: Lane<ChainView>,
  journals: {
    readonly sent: Pick<RampJournal, "sent">;
    readonly received: Pick<RampJournal, "commitments">;
  },
  message: Message,
  overrides: GasOverrides = {},
): ManualCall {
  if (message.version !== "1.6") {
    throw new Error(
      `Message ${message.messageId} travels over CCIP ${message.version}: execute it with the results ` +
        `of its verifiers.`,
    );
  }
  const { source, destination } = lane;
  const commitment = journals.received
    .commitments(source.selector)
    .find(
      ({ minSequence, maxSequence }) =>
        minSequence <= message.sequenceNumber && message.sequenceNumber <= maxSequence,
    );
  if (!commitment) {
    throw new Error(
      `Message ${message.messageId} is not committed on ${destination.name} yet: wait for the DON.`,
    );
  }
  const report = executionReport(rebuildBatch(lane, journals.sent, commitment), [message]);
  return {
    to: destination.ccip.offRamp,
    data: released("offRamp").interface.encodeFunctionData("manuallyExecute", [
      toRampReports([report]),
      [[toGasLimitOverride(message, overrides)]],
    ]),
    gasLimit: executionGas(message, overrides) + TRANSACTION_OVERHEAD_GAS,
  };
}

/**
 * The call that executes a message of CCIP 2.0, which anybody may send at any time. It ends in a failure,
 * and not in a revert, when the results are wrong, the gas is too little or the receiver refuses.
 * @param verifications the answers of the verifiers that the message requires at its destination.
 * @throws RangeError when gas is named for tokens: CCIP 2.0 does not limit that of pools.
 */
export function verifiedExecution(
  message: Message20,
  verifications: readonly Verification[],
  { receiverGas, tokenGas }: GasOverrides = {},
): ManualCall {
  if (tokenGas?.some((gas) => gas > 0n)) {
    throw new RangeError(
      `Message ${message.messageId} travels over CCIP 2.0, which does not limit the gas of pools: ` +
        `name gas for its receiver only.`,
    );
  }
  return {
    to: message.offRamp,
    data: released("offRamp", "2.0").interface.encodeFunctionData("execute", [
      message.encoded,
      verifications.map(({ verifier }) => verifier),
      verifications.map(({ results }) => results),
      receiverGas ?? 0n,
    ]),
    gasLimit: executionGas(message, receiverGas === undefined ? {} : { receiverGas }),
  };
}

/**
 * The message of a lane by its id.
 * @throws naming what to check when the lane never carried it.
 */
export function findMessage(lane: Lane<ChainView>, sent: RampJournal, messageId: string): Message {
  const message = sent
    .sent(lane.destination.selector)
    .find((candidate) => candidate.messageId === messageId);
  if (message) return message;
  throw new Error(
    `Message ${messageId} was not sent over ${laneName(lane)}: check the id, the lane and the ` +
      `first block (${lane.source.firstBlock ?? 0}).`,
  );
}

function toGasLimitOverride(message: Message16, overrides: GasOverrides): Record<string, unknown> {
  const { receiverGas = 0n, tokenGas = message.tokens.map(() => 0n) } = overrides;
  if (tokenGas.length !== message.tokens.length) {
    throw new RangeError(
      `The message carries ${message.tokens.length} tokens, but gas is given for ${tokenGas.length}.`,
    );
  }
  return { receiverExecutionGasLimit: receiverGas, tokenGasOverrides: tokenGas };
}
