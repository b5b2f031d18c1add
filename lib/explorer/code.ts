import { dataLength, dataSlice, toBeHex } from "ethers";

import type { CompiledContract } from "./compiled";

/** Expected values of immutables by name: an address, or a number. */
export type Immutables = Readonly<Record<string, string | bigint>>;

/**
 * The first difference between the code at an address and what the compiler makes, in words; undefined
 * when there is none. Immutables are compared with what they should hold.
 * @param onChain the code, 0x-prefixed.
 */
export function codeDifference(
  onChain: string,
  compiled: CompiledContract,
  expected: Immutables,
): string | undefined {
  if (onChain === "0x") return "there is no code";
  const found = onChain.toLowerCase();
  const size = dataLength(compiled.code);
  const masked = withoutImmutables(found, compiled);
  const at = firstDifference(masked, compiled.code);
  if (at !== undefined) return differenceText(at, masked, compiled.code, size);
  for (const [name, spans] of compiled.immutables) {
    const value = expected[name];
    if (value === undefined) return `the expected value of the immutable ${name} is unknown`;
    const word = typeof value === "string" ? toBeHex(BigInt(value), 32) : toBeHex(value, 32);
    for (const { start, length } of spans) {
      const held = dataSlice(found, start, start + length);
      if (held !== word) return `the immutable ${name} holds ${short(held)}, not ${short(word)}`;
    }
  }
  const missing = Object.keys(expected).find((name) => !compiled.immutables.has(name));
  return missing === undefined ? undefined : `the compiler knows no immutable ${missing}`;
}

/**
 * The first difference between what was sent to create a contract and what the compiler makes, in words.
 * The code on chain does not show the constructor, which may have written anything to the storage.
 * @param input of the transaction, 0x-prefixed: creation code and constructor arguments.
 */
export function creationDifference(input: string, compiled: CompiledContract): string | undefined {
  const { creationCode } = compiled;
  const size = dataLength(creationCode);
  const start = input.toLowerCase().slice(0, creationCode.length);
  const at = firstDifference(start, creationCode);
  if (at === undefined) return undefined;
  return `it was created by other code: ${differenceText(at, start, creationCode, size)}`;
}

function withoutImmutables(code: string, { immutables }: CompiledContract): string {
  let masked = code;
  for (const spans of immutables.values()) {
    for (const { start, length } of spans) {
      const from = 2 + 2 * start;
      if (from + 2 * length > masked.length) continue;
      masked = `${masked.slice(0, from)}${"00".repeat(length)}${masked.slice(from + 2 * length)}`;
    }
  }
  return masked;
}

/** The first byte in which two codes differ; the end of the shorter one when it is the longer one's start. */
function firstDifference(a: string, b: string): number | undefined {
  if (a === b) return undefined;
  const length = Math.min(a.length, b.length);
  let i = 2;
  while (i < length && a[i] === b[i]) i += 1;
  return Math.floor((i - 2) / 2);
}

function differenceText(at: number, found: string, expected: string, size: number): string {
  const length = dataLength(found);
  const sizes = length === size ? `${size} bytes` : `${length} bytes, not ${size}`;
  // The last two bytes say how long the metadata before them is: hashes of sources, and the compiler.
  const metadata = Number.parseInt(expected.slice(-4), 16) + 2;
  if (length === size && at >= size - metadata) {
    return `only the metadata at its end differs (byte ${at} of ${sizes}): comments, names or paths of the sources, or settings of the compiler, are not these`;
  }
  const byteOf = (code: string) => {
    const byte = code.slice(2 + 2 * at, 4 + 2 * at);
    return byte === "" ? "nothing" : `0x${byte}`;
  };
  return `byte ${at} is ${byteOf(found)}, and the compiler makes ${byteOf(expected)} (${sizes})`;
}

/** A word as people read it: an address without its zeros. */
function short(word: string): string {
  return /^0x0{24}/.test(word) && !/^0x0{56}/.test(word)
    ? `0x${word.slice(26)}`
    : BigInt(word).toString();
}
