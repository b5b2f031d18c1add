import { dataLength } from "ethers";

import type { ChainView, Lane } from "./chain";
import type { Commitment, RampJournal } from "./journal";
import { MerkleTree } from "./merkle";
import { leafHash } from "./rampMessage";
import type { Message, Message16 } from "./message";
import type { ExecutionReport } from "./report";

/** The messages of CCIP 1.6 under one root, and their tree. */
export interface Batch {
  readonly commitment: Pick<
    Commitment,
    "sourceSelector" | "minSequence" | "maxSequence" | "merkleRoot"
  >;
  readonly messages: readonly Message16[];
  readonly tree: MerkleTree;
}

/**
 * Rebuilds the batch of a committed root from what the source sent: roots hold no messages.
 * @throws when the messages do not lead to that root.
 */
export function rebuildBatch(
  lane: Lane<ChainView>,
  sourceJournal: Pick<RampJournal, "sent">,
  commitment: Commitment,
): Batch {
  const { minSequence, maxSequence, merkleRoot } = commitment;
  const messages = sourceJournal
    .sent(lane.destination.selector)
    .filter((message) => message.version === "1.6")
    .filter(({ sequenceNumber }) => sequenceNumber >= minSequence && sequenceNumber <= maxSequence);
  const tree = treeOf(messages, lane.source);
  if (tree.root !== merkleRoot) {
    throw new Error(
      `The messages ${minSequence} to ${maxSequence} of ${lane.source.name} have the root ` +
        `${tree.root}, but ${merkleRoot} was committed: read the source from an earlier block.`,
    );
  }
  return { commitment, messages, tree };
}

/** The tree over messages of one lane, in the order given. */
export function treeOf(
  messages: readonly Message16[],
  source: Pick<ChainView, "ccip">,
): MerkleTree {
  return new MerkleTree(messages.map((message) => leafHash(message, source.ccip.onRamp)));
}

/** A report that executes some messages of a batch; they are put in the order of the proof. */
export function executionReport(
  batch: Batch,
  chosen: readonly Pick<Message, "sequenceNumber">[],
): ExecutionReport {
  const indices = chosen
    .map(({ sequenceNumber }) => Number(sequenceNumber - batch.commitment.minSequence))
    .sort((a, b) => a - b);
  return {
    sourceSelector: batch.commitment.sourceSelector,
    messages: indices.map((index) => {
      const message = batch.messages[index];
      if (!message) throw new RangeError(`Message ${index} is not in the batch.`);
      return message;
    }),
    proof: batch.tree.prove(indices),
  };
}

/** Gas on top of a message's own, measured generously: hashing, state, routing, events. */
const MESSAGE_OVERHEAD_GAS = 200_000n;

/** ERC-165 checks of a pool: three static calls of 30,000 gas each. */
const POOL_CHECK_GAS = 90_000n;

/** Gas per byte of data: calldata, copying and hashing of it. */
const DATA_BYTE_GAS = 40n;

/** Gas of a transaction of CCIP 2.0 before its first step: calldata, and copying it to memory. */
function callGas(encoded: string): bigint {
  return MESSAGE_OVERHEAD_GAS + BigInt(dataLength(encoded)) * DATA_BYTE_GAS;
}

/** An upper bound for the gas that executing one message takes, the call's own limits included. */
export function executionGas(
  message: Message,
  overrides: { readonly receiverGas?: bigint; readonly tokenGas?: readonly bigint[] } = {},
): bigint {
  const { receiverGas = message.gasLimit } = overrides;
  if (message.version === "2.0") {
    // The source has added up everything but what the transaction itself costs.
    return message.executionGas - message.gasLimit + receiverGas + callGas(message.encoded);
  }
  const tokenGas = message.tokens.reduce(
    (sum, token, i) => sum + (overrides.tokenGas?.[i] ?? token.destinationGas) + POOL_CHECK_GAS,
    0n,
  );
  // A call can pass on 63/64 of its gas, and there are three calls on top of each other.
  return (
    ((receiverGas + tokenGas) * 106n) / 100n +
    MESSAGE_OVERHEAD_GAS +
    BigInt(dataLength(message.data)) * DATA_BYTE_GAS
  );
}
