import { dataLength, dataSlice } from "ethers";
import type { Message } from "ccip-localnet/protocol";

/** The pool data of a token transfer, as contracts/libraries/PoolDataCodec.sol packs it. */
export interface PoolData {
  readonly decimals: number;
  /** Epoch of the source when the shares left it. */
  readonly epoch: bigint;
  readonly shares: bigint;
}

/** The home's index state as a broadcast carries it; contracts/libraries/BroadcastCodec.sol packs it. */
export interface BroadcastData {
  readonly epoch: bigint;
  /** Shares per token unit before effectiveAt. */
  readonly current: bigint;
  /** Shares per token unit from effectiveAt on. */
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
  /** Home's block time when it was sent, unix seconds; undefined in version 1, which does not say it. */
  readonly sentAt?: bigint;
}

/** The amount and shares of a message for the token of a mesh. */
export interface Content {
  /** Burned from the sender, token units (wei) of the source. */
  readonly amount: bigint;
  /** Shares to be minted on arrival; undefined when the pool data cannot be decoded. */
  readonly shares: bigint | undefined;
}

/** The version of the pool data. */
const POOL_DATA_VERSION = 1n;

/** Bits of a broadcast's header that each version leaves unused. */
const UNUSED_BITS: Readonly<Record<string, number>> = { "1": 160, "2": 104 };

/** Unpacks `version(8) | decimals(8) | epoch(32) | shares(208)`; undefined for another version or length. */
export function decodePoolData(data: string): PoolData | undefined {
  if (dataLength(data) !== 32) return undefined;
  const word = BigInt(data);
  if (word >> 248n !== POOL_DATA_VERSION) return undefined;
  return {
    decimals: Number(BigInt.asUintN(8, word >> 240n)),
    epoch: BigInt.asUintN(32, word >> 208n),
    shares: BigInt.asUintN(208, word),
  };
}

/** Unpacks two words of version 1 or 2; undefined when no broadcaster could have written them. */
export function decodeBroadcast(data: string): BroadcastData | undefined {
  if (dataLength(data) !== 64) return undefined;
  const header = BigInt(dataSlice(data, 0, 32));
  const body = BigInt(dataSlice(data, 32));
  const version = header >> 248n;
  const unused = UNUSED_BITS[String(version)];
  if (unused === undefined || BigInt.asUintN(unused, header) !== 0n || body >> 192n !== 0n) {
    return undefined;
  }
  return {
    epoch: BigInt.asUintN(32, header >> 216n),
    effectiveAt: BigInt.asUintN(56, header >> 160n),
    current: body >> 96n,
    next: BigInt.asUintN(96, body),
    ...(version === 2n && { sentAt: BigInt.asUintN(56, header >> 104n) }),
  };
}

/** Reads the amount and shares that a message carries for these pools; undefined when it carries none. */
export function contentOf({ tokens }: Message, pools: readonly string[]): Content | undefined {
  const ours = tokens.filter(({ sourcePool }) => pools.includes(sourcePool));
  if (ours.length === 0) return undefined;
  const shares = ours.map(({ extraData }) => decodePoolData(extraData)?.shares);
  return {
    amount: ours.reduce((sum, { amount }) => sum + amount, 0n),
    shares: shares.every((item) => item !== undefined)
      ? shares.reduce((sum, item) => sum + item, 0n)
      : undefined,
  };
}
