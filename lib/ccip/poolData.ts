import { dataLength } from "ethers";

/** The pool data of a token transfer, as contracts/libraries/PoolDataCodec.sol packs it. */
export interface PoolData {
  readonly version: number;
  readonly decimals: number;
  /** Epoch of the source when the shares left it. */
  readonly epoch: bigint;
  readonly shares: bigint;
}

/** The version of the word that this project writes and reads. */
export const POOL_DATA_VERSION = 1;

const bits = (word: bigint, shift: bigint, width: bigint) => (word >> shift) & ((1n << width) - 1n);

/**
 * Unpacks `version(8) | decimals(8) | epoch(32) | shares(208)`.
 * @throws when the data is not one word of a version that is known here.
 */
export function decodePoolData(data: string): PoolData {
  if (dataLength(data) !== 32) {
    throw new RangeError(`Pool data ${data} has ${dataLength(data)} bytes instead of 32.`);
  }
  const word = BigInt(data);
  const version = Number(bits(word, 248n, 8n));
  if (version !== POOL_DATA_VERSION) {
    throw new RangeError(`Pool data ${data} is of version ${version}, not ${POOL_DATA_VERSION}.`);
  }
  return {
    version,
    decimals: Number(bits(word, 240n, 8n)),
    epoch: bits(word, 208n, 32n),
    shares: bits(word, 0n, 208n),
  };
}
