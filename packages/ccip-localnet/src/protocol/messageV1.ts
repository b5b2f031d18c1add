import { concat, dataLength, dataSlice, getAddress, toBeHex, zeroPadValue } from "ethers";

/** A token transfer inside a message of CCIP 2.0 (`TokenTransferV1`). */
export interface TokenTransferV1 {
  readonly amount: bigint;
  /** 32 bytes where the source is an EVM chain. */
  readonly sourcePool: string;
  readonly sourceToken: string;
  /** 20 bytes where the destination is an EVM chain. */
  readonly destinationToken: string;
  readonly tokenReceiver: string;
  /** Data from the source pool to the destination pool (`destPoolData`). */
  readonly extraData: string;
}

/**
 * A message of CCIP 2.0 as it is packed on the wire (`MessageV1Codec`). Its id is the keccak256 of the
 * packed bytes, so every field below is a part of what verifiers sign.
 */
export interface MessageV1 {
  readonly sourceSelector: bigint;
  readonly destinationSelector: bigint;
  /** Counted from 1 on each lane. */
  readonly messageNumber: bigint;
  /** Gas for the whole execution: verification, pool and receiver. */
  readonly executionGasLimit: bigint;
  /** Gas for the receiver's `ccipReceive`. */
  readonly receiverGasLimit: bigint;
  /** 4 bytes; zero asks for full finality. */
  readonly finality: string;
  readonly ccvAndExecutorHash: string;
  readonly onRamp: string;
  readonly offRamp: string;
  readonly sender: string;
  readonly receiver: string;
  readonly destinationBlob: string;
  readonly token?: TokenTransferV1;
  readonly data: string;
}

/** The only version of the packed message, and of the token transfer in it. */
const ENCODING_VERSION = 1n;

/** A message that is not packed as CCIP 2.0 packs it. */
export class MessageEncodingError extends Error {
  override readonly name = "MessageEncodingError";
}

/**
 * Reads a packed message.
 * @throws MessageEncodingError when it is too short, too long, or of another version.
 */
export function decodeMessageV1(encoded: string): MessageV1 {
  const reader = new Reader(encoded, "message");
  reader.version();
  const fixed = {
    sourceSelector: reader.uint(8, "source selector"),
    destinationSelector: reader.uint(8, "destination selector"),
    messageNumber: reader.uint(8, "message number"),
    executionGasLimit: reader.uint(4, "execution gas limit"),
    receiverGasLimit: reader.uint(4, "receiver gas limit"),
    finality: reader.bytes(4, "finality"),
    ccvAndExecutorHash: reader.bytes(32, "hash of verifiers and executor"),
    onRamp: reader.sized(1, "OnRamp"),
    offRamp: reader.sized(1, "OffRamp"),
    sender: reader.sized(1, "sender"),
    receiver: reader.sized(1, "receiver"),
    destinationBlob: reader.sized(2, "destination blob"),
  };
  const transfer = reader.sized(2, "token transfer");
  const data = reader.sized(2, "data");
  reader.end();
  return { ...fixed, ...(transfer !== "0x" && { token: decodeTokenTransfer(transfer) }), data };
}

/**
 * Packs a message.
 * @throws MessageEncodingError when a field does not fit its place.
 */
export function encodeMessageV1(message: MessageV1): string {
  return concat([
    uint(ENCODING_VERSION, 1, "version"),
    uint(message.sourceSelector, 8, "source selector"),
    uint(message.destinationSelector, 8, "destination selector"),
    uint(message.messageNumber, 8, "message number"),
    uint(message.executionGasLimit, 4, "execution gas limit"),
    uint(message.receiverGasLimit, 4, "receiver gas limit"),
    exactly(message.finality, 4, "finality"),
    exactly(message.ccvAndExecutorHash, 32, "hash of verifiers and executor"),
    sized(message.onRamp, 1, "OnRamp"),
    sized(message.offRamp, 1, "OffRamp"),
    sized(message.sender, 1, "sender"),
    sized(message.receiver, 1, "receiver"),
    sized(message.destinationBlob, 2, "destination blob"),
    sized(message.token ? encodeTokenTransfer(message.token) : "0x", 2, "token transfer"),
    sized(message.data, 2, "data"),
  ]);
}

/** Returns a message as contracts take it that verify or execute it (`MessageV1Codec.MessageV1`). */
export function toRampMessageV1({ token, ...message }: MessageV1): Record<string, unknown> {
  return {
    sourceChainSelector: message.sourceSelector,
    destChainSelector: message.destinationSelector,
    messageNumber: message.messageNumber,
    executionGasLimit: message.executionGasLimit,
    ccipReceiveGasLimit: message.receiverGasLimit,
    finality: message.finality,
    ccvAndExecutorHash: message.ccvAndExecutorHash,
    onRampAddress: message.onRamp,
    offRampAddress: message.offRamp,
    sender: message.sender,
    receiver: message.receiver,
    destBlob: message.destinationBlob,
    tokenTransfer: token
      ? [
          {
            amount: token.amount,
            sourcePoolAddress: token.sourcePool,
            sourceTokenAddress: token.sourceToken,
            destTokenAddress: token.destinationToken,
            tokenReceiver: token.tokenReceiver,
            extraData: token.extraData,
          },
        ]
      : [],
    data: message.data,
  };
}

/**
 * An EVM address as a message carries it: 32 bytes at the source, 20 at the destination.
 * @throws MessageEncodingError when it is the address of another family of chains.
 */
export function evmAddress(encoded: string, field: string): string {
  const length = dataLength(encoded);
  const padded = length === 20 ? zeroPadValue(encoded, 32) : encoded;
  if ((length !== 20 && length !== 32) || BigInt(dataSlice(padded, 0, 12)) !== 0n) {
    throw new MessageEncodingError(
      `The ${field} ${encoded} is no EVM address: only lanes between EVM chains are supported.`,
    );
  }
  return getAddress(dataSlice(padded, 12));
}

function decodeTokenTransfer(encoded: string): TokenTransferV1 {
  const reader = new Reader(encoded, "token transfer");
  reader.version();
  const transfer = {
    amount: reader.uint(32, "amount"),
    sourcePool: reader.sized(1, "source pool"),
    sourceToken: reader.sized(1, "source token"),
    destinationToken: reader.sized(1, "destination token"),
    tokenReceiver: reader.sized(1, "token receiver"),
    extraData: reader.sized(2, "extra data"),
  };
  reader.end();
  return transfer;
}

function encodeTokenTransfer(token: TokenTransferV1): string {
  return concat([
    uint(ENCODING_VERSION, 1, "version of the token transfer"),
    uint(token.amount, 32, "amount"),
    sized(token.sourcePool, 1, "source pool"),
    sized(token.sourceToken, 1, "source token"),
    sized(token.destinationToken, 1, "destination token"),
    sized(token.tokenReceiver, 1, "token receiver"),
    sized(token.extraData, 2, "extra data"),
  ]);
}

/** Takes one field after the other from packed bytes. */
class Reader {
  private offset = 0;
  private readonly length: number;

  constructor(
    private readonly encoded: string,
    private readonly what: string,
  ) {
    this.length = dataLength(encoded);
  }

  version(): void {
    const version = this.uint(1, "version");
    if (version === ENCODING_VERSION) return;
    throw new MessageEncodingError(
      `The ${this.what} is packed in version ${version}: only version ${ENCODING_VERSION} is known.`,
    );
  }

  uint(bytes: number, field: string): bigint {
    return BigInt(this.bytes(bytes, field));
  }

  sized(lengthBytes: number, field: string): string {
    return this.bytes(Number(this.uint(lengthBytes, `length of the ${field}`)), field);
  }

  bytes(count: number, field: string): string {
    const end = this.offset + count;
    if (end > this.length) {
      throw new MessageEncodingError(
        `The ${this.what} ends after ${this.length} bytes, within the ${field} (bytes ` +
          `${this.offset} to ${end}): it is cut off, or not packed by CCIP 2.0.`,
      );
    }
    const bytes = dataSlice(this.encoded, this.offset, end);
    this.offset = end;
    return bytes;
  }

  end(): void {
    if (this.offset === this.length) return;
    throw new MessageEncodingError(
      `The ${this.what} has ${this.length - this.offset} bytes more than its fields: it is not ` +
        `packed by CCIP 2.0.`,
    );
  }
}

function uint(value: bigint, bytes: number, field: string): string {
  if (value >= 0n && value < 1n << BigInt(8 * bytes)) return toBeHex(value, bytes);
  throw new MessageEncodingError(`The ${field} ${value} does not fit ${bytes} bytes.`);
}

function exactly(value: string, bytes: number, field: string): string {
  if (dataLength(value) === bytes) return value;
  throw new MessageEncodingError(
    `The ${field} ${value} has ${dataLength(value)} bytes instead of ${bytes}.`,
  );
}

function sized(value: string, lengthBytes: number, field: string): string {
  return concat([uint(BigInt(dataLength(value)), lengthBytes, `length of the ${field}`), value]);
}
