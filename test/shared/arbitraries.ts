import { getAddress, hexlify } from "ethers";
import fc from "fast-check";

/** Any bytes. */
export const bytes = (options: fc.IntArrayConstraints = {}): fc.Arbitrary<string> =>
  fc.uint8Array(options).map((value) => hexlify(value));

/** This many bytes. */
export const exactly = (length: number): fc.Arbitrary<string> =>
  bytes({ minLength: length, maxLength: length });

/** An unsigned integer of this many bits; its bounds are frequent. */
export const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt(0n, 2n ** BigInt(bits) - 1n);

/** An address with its checksum. */
export const address: fc.Arbitrary<string> = exactly(20).map((value) => getAddress(value));

/** A word of 32 bytes. */
export const word = exactly(32);
