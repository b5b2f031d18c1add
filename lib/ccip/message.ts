import { dataSlice, getAddress, id, keccak256 } from "ethers";
import type { Log } from "ethers";
import { z } from "zod";

import { abiCoder, decodeEvent, topicOf } from "./abi";
import type { ChainView } from "./chain";
import { released } from "./releases";

/** A token transfer as the destination's pool is told of it. */
export interface TokenTransfer {
  readonly sourcePool: string;
  readonly destinationToken: string;
  /** What the source pool sends to the destination pool (`destPoolData`). */
  readonly extraData: string;
  /** In units of the source token. */
  readonly amount: bigint;
  /** Gas for balanceOf + releaseOrMint + balanceOf. */
  readonly destinationGas: bigint;
}

/** A CCIP message as its OnRamp emitted it, EVM to EVM. */
export interface Message {
  readonly messageId: string;
  readonly sourceSelector: bigint;
  readonly destinationSelector: bigint;
  /** Counted from 1 on each lane. */
  readonly sequenceNumber: bigint;
  /** Place among the sender's ordered messages; 0 for one that may be executed in any order. */
  readonly nonce: bigint;
  readonly sender: string;
  readonly receiver: string;
  readonly data: string;
  /** Gas that the receiver gets. */
  readonly gasLimit: bigint;
  readonly tokens: readonly TokenTransfer[];
  readonly feeToken: string;
  /** In units of the fee token. */
  readonly feeAmount: bigint;
  /** Where it was sent. */
  readonly transactionHash: string;
  readonly blockNumber: number;
}

/** Topic of `CCIPMessageSent`. */
export const MESSAGE_SENT = "CCIPMessageSent";

/** Tag of `EVMExtraArgsV2`, which an OnRamp always emits: `bytes4(keccak256("CCIP EVMExtraArgsV2"))`. */
export const EXTRA_ARGS_V2_TAG = "0x181dcf10";

const sentSchema = z.object({
  message: z.object({
    header: z.object({
      messageId: z.string(),
      sourceChainSelector: z.bigint(),
      destChainSelector: z.bigint(),
      sequenceNumber: z.bigint(),
      nonce: z.bigint(),
    }),
    sender: z.string(),
    data: z.string(),
    receiver: z.string(),
    extraArgs: z.string(),
    feeToken: z.string(),
    feeTokenAmount: z.bigint(),
    tokenAmounts: z.array(
      z.object({
        sourcePoolAddress: z.string(),
        destTokenAddress: z.string(),
        extraData: z.string(),
        amount: z.bigint(),
        destExecData: z.string(),
      }),
    ),
  }),
});

/** A log of an OnRamp's `CCIPMessageSent`. */
export type SentLog = Pick<Log, "topics" | "data" | "transactionHash" | "blockNumber">;

/**
 * Reads a `CCIPMessageSent` log.
 * @throws when the message is for another family of chains than EVM.
 */
export function decodeMessage(log: SentLog): Message {
  const { message } = decodeEvent(released("onRamp").interface, MESSAGE_SENT, log, sentSchema);
  const { header } = message;
  return {
    messageId: header.messageId,
    sourceSelector: header.sourceChainSelector,
    destinationSelector: header.destChainSelector,
    sequenceNumber: header.sequenceNumber,
    nonce: header.nonce,
    sender: message.sender,
    receiver: decodeAddress(message.receiver),
    data: message.data,
    gasLimit: decodeGasLimit(message.extraArgs, header.messageId),
    tokens: message.tokenAmounts.map((token) => ({
      sourcePool: token.sourcePoolAddress,
      destinationToken: decodeAddress(token.destTokenAddress),
      extraData: token.extraData,
      amount: token.amount,
      destinationGas: BigInt(token.destExecData),
    })),
    feeToken: message.feeToken,
    feeAmount: message.feeTokenAmount,
    transactionHash: log.transactionHash,
    blockNumber: log.blockNumber,
  };
}

/** The messages that a transaction sent through the OnRamp of `source`, in order. */
export function messagesIn(
  receipt: { readonly logs: readonly Log[] },
  source: Pick<ChainView, "ccip">,
): Message[] {
  const topic = topicOf(released("onRamp").interface, MESSAGE_SENT);
  return receipt.logs
    .filter((log) => log.address === source.ccip.onRamp && log.topics[0] === topic)
    .map(decodeMessage);
}

/** The message as `OffRamp.execute` takes it (`Internal.Any2EVMRampMessage`). */
export function toRampMessage(message: Message): Record<string, unknown> {
  return {
    header: {
      messageId: message.messageId,
      sourceChainSelector: message.sourceSelector,
      destChainSelector: message.destinationSelector,
      sequenceNumber: message.sequenceNumber,
      nonce: message.nonce,
    },
    sender: encodeAddress(message.sender),
    data: message.data,
    receiver: message.receiver,
    gasLimit: message.gasLimit,
    tokenAmounts: message.tokens.map(toRampToken),
  };
}

/**
 * The leaf that a message has in a committed tree: `Internal._hash(Any2EVMRampMessage)` of CCIP 1.6.
 * @param onRamp the OnRamp that sent it; the OffRamp knows it from its own configuration.
 */
export function leafHash(message: Message, onRamp: string): string {
  const metadata = keccak256(
    abiCoder.encode(
      ["bytes32", "uint64", "uint64", "bytes32"],
      [
        ANY_TO_EVM_HASH,
        message.sourceSelector,
        message.destinationSelector,
        keccak256(encodeAddress(onRamp)),
      ],
    ),
  );
  const fixedFields = keccak256(
    abiCoder.encode(
      ["bytes32", "address", "uint64", "uint256", "uint64"],
      [
        message.messageId,
        message.receiver,
        message.sequenceNumber,
        message.gasLimit,
        message.nonce,
      ],
    ),
  );
  const tokens = abiCoder.encode([TOKEN_TUPLE], [message.tokens.map(toRampToken)]);
  return keccak256(
    abiCoder.encode(
      ["bytes32", "bytes32", "bytes32", "bytes32", "bytes32", "bytes32"],
      [
        LEAF_DOMAIN,
        metadata,
        fixedFields,
        keccak256(encodeAddress(message.sender)),
        keccak256(message.data),
        keccak256(tokens),
      ],
    ),
  );
}

const LEAF_DOMAIN = `0x${"00".repeat(32)}`;
const ANY_TO_EVM_HASH = id("Any2EVMMessageHashV1");
const TOKEN_TUPLE =
  "tuple(bytes sourcePoolAddress, address destTokenAddress, uint32 destGasAmount, bytes extraData, " +
  "uint256 amount)[]";

function toRampToken(token: TokenTransfer): Record<string, unknown> {
  return {
    sourcePoolAddress: encodeAddress(token.sourcePool),
    destTokenAddress: token.destinationToken,
    destGasAmount: token.destinationGas,
    extraData: token.extraData,
    amount: token.amount,
  };
}

function decodeGasLimit(extraArgs: string, messageId: string): bigint {
  const tag = dataSlice(extraArgs, 0, 4);
  if (tag !== EXTRA_ARGS_V2_TAG) {
    throw new Error(
      `Message ${messageId} has extra arguments with tag ${tag}, not EVMExtraArgsV2 ` +
        `(${EXTRA_ARGS_V2_TAG}): only EVM destinations are supported.`,
    );
  }
  return z.bigint().parse(abiCoder.decode(["uint256", "bool"], dataSlice(extraArgs, 4))[0]);
}

/** An address as CCIP carries it between families of chains: left-padded to 32 bytes. */
export function encodeAddress(address: string): string {
  return abiCoder.encode(["address"], [address]);
}

function decodeAddress(encoded: string): string {
  return getAddress(dataSlice(encoded, 12, 32));
}
