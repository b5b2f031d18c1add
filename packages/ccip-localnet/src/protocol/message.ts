import { ZeroAddress, dataSlice, getAddress } from "ethers";
import type { Log } from "ethers";
import { z } from "zod";

import { abiCoder, decodeEvent, topicOf } from "./abi";
import { decodeMessageV1, evmAddress } from "./messageV1";
import { released } from "./releases";
import type { CcipVersion } from "./releases";

/** A token transfer as the destination's pool receives it. */
export interface TokenTransfer {
  readonly sourcePool: string;
  readonly destinationToken: string;
  /** Data from the source pool to the destination pool (`destPoolData`). */
  readonly extraData: string;
  /** In units of the source token. */
  readonly amount: bigint;
  /** Gas for balanceOf + releaseOrMint + balanceOf; in CCIP 2.0 paid for, but no cap on the call. */
  readonly destinationGas: bigint;
}

interface AnyMessage {
  readonly messageId: string;
  readonly sourceSelector: bigint;
  readonly destinationSelector: bigint;
  /** Counted from 1 on each lane, by each OnRamp. */
  readonly sequenceNumber: bigint;
  readonly sender: string;
  readonly receiver: string;
  readonly data: string;
  /** Gas that the receiver gets. */
  readonly gasLimit: bigint;
  readonly tokens: readonly TokenTransfer[];
  readonly feeToken: string;
  /** In units of the fee token. */
  readonly feeAmount: bigint;
  /** The contract that logged it: an OnRamp of CCIP, or a contract that imitates one. */
  readonly onRamp: string;
  /** The transaction that sent it. */
  readonly transactionHash: string;
  readonly blockNumber: number;
}

/** A message of CCIP 1.6 as its OnRamp emitted it, EVM to EVM. */
export interface Message16 extends AnyMessage {
  readonly version: "1.6";
  /** Place among the sender's ordered messages; 0 for one that may be executed in any order. */
  readonly nonce: bigint;
}

/** A message of CCIP 2.0 as its OnRamp emitted it, EVM to EVM. */
export interface Message20 extends AnyMessage {
  readonly version: "2.0";
  /** The packed message: what the destination executes, and what its id is the hash of. */
  readonly encoded: string;
  /** The OffRamp that it is for. */
  readonly offRamp: string;
  /** Gas for the whole execution: verification, pool and receiver. */
  readonly executionGas: bigint;
  /** 4 bytes; zero asks for full finality. */
  readonly finality: string;
  /** The verifiers at the source that were paid, by their resolvers. */
  readonly verifiers: readonly string[];
  /** The executor that is paid for it. */
  readonly executor: string;
}

/** A CCIP message as its OnRamp emitted it, EVM to EVM. */
export type Message = Message16 | Message20;

/** The event of an OnRamp that sends a message; its arguments differ between the versions. */
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

const sentSchema20 = z.object({
  messageId: z.string(),
  feeToken: z.string(),
  encodedMessage: z.string(),
  receipts: z.array(
    z.object({ issuer: z.string(), destGasLimit: z.bigint(), feeTokenAmount: z.bigint() }),
  ),
});

/** A log of an OnRamp's `CCIPMessageSent`. */
export type SentLog = Pick<Log, "address" | "topics" | "data" | "transactionHash" | "blockNumber">;

/** The topics of `CCIPMessageSent`, by version. */
export function sentTopics(): Record<CcipVersion, string> {
  return {
    "1.6": topicOf(released("onRamp").interface, MESSAGE_SENT),
    "2.0": topicOf(released("onRamp", "2.0").interface, MESSAGE_SENT),
  };
}

/**
 * Reads a `CCIPMessageSent` log of either version.
 * @throws when the message is for another family of chains than EVM.
 */
export function decodeMessage(log: SentLog): Message {
  return log.topics[0] === sentTopics()["2.0"] ? decodeMessage20(log) : decodeMessage16(log);
}

function decodeMessage16(log: SentLog): Message16 {
  const { message } = decodeEvent(released("onRamp").interface, MESSAGE_SENT, log, sentSchema);
  const { header } = message;
  return {
    version: "1.6",
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
    onRamp: log.address,
    transactionHash: log.transactionHash,
    blockNumber: log.blockNumber,
  };
}

function decodeMessage20(log: SentLog): Message20 {
  const sent = decodeEvent(released("onRamp", "2.0").interface, MESSAGE_SENT, log, sentSchema20);
  const message = decodeMessageV1(sent.encodedMessage);
  const { token } = message;
  // Receipts of the verifiers, of the pool if tokens travel, of the executor and of the network.
  const [executor] = sent.receipts.slice(-2);
  const verifiers = sent.receipts.slice(0, token ? -3 : -2);
  const pool = token && sent.receipts[verifiers.length];
  return {
    version: "2.0",
    messageId: sent.messageId,
    sourceSelector: message.sourceSelector,
    destinationSelector: message.destinationSelector,
    sequenceNumber: message.messageNumber,
    sender: evmAddress(message.sender, "sender"),
    receiver: evmAddress(message.receiver, "receiver"),
    data: message.data,
    gasLimit: message.receiverGasLimit,
    tokens: token
      ? [
          {
            sourcePool: evmAddress(token.sourcePool, "source pool"),
            destinationToken: evmAddress(token.destinationToken, "destination token"),
            extraData: token.extraData,
            amount: token.amount,
            destinationGas: pool?.destGasLimit ?? 0n,
          },
        ]
      : [],
    feeToken: sent.feeToken,
    feeAmount: sent.receipts.reduce((sum, { feeTokenAmount }) => sum + feeTokenAmount, 0n),
    onRamp: log.address,
    transactionHash: log.transactionHash,
    blockNumber: log.blockNumber,
    encoded: sent.encodedMessage,
    offRamp: evmAddress(message.offRamp, "OffRamp"),
    executionGas: message.executionGasLimit,
    finality: message.finality,
    verifiers: verifiers.map(({ issuer }) => issuer),
    executor: executor?.issuer ?? ZeroAddress,
  };
}

/** The messages that a transaction of ours sent, in order, through whatever OnRamps the router named then. */
export function messagesIn(receipt: { readonly logs: readonly Log[] }): Message[] {
  const topics = Object.values(sentTopics());
  return receipt.logs.filter((log) => topics.includes(log.topics[0] ?? "")).map(decodeMessage);
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
