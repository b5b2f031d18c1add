import { dataLength, dataSlice, toBeHex } from "ethers";

import type { CompiledContract } from "./compiled";

/** Expected values of immutables by name: an address, or a number. */
export type Immutables = Readonly<Record<string, string | bigint>>;

/**
 * Returns the first difference between the code at an address, 0x-prefixed, and what the compiler makes; undefined
 * when there is none. Immutables are compared with what they should hold.
 */
export function codeDifference(
  onChain: string,
  compiled: CompiledContract,
  expected: Immutables,
): string | undefined {
  if (onChain === "0x") return "there is no code";
  const found = onChain.toLowerCase();
  const difference = firstDifference(withoutImmutables(found, compiled), compiled.code);
  if (difference !== undefined) return difference;
  for (const [name, spans] of compiled.immutables) {
    const value = expected[name];
    if (value === undefined) return `the expected value of the immutable ${name} is unknown`;
    const word = toBeHex(BigInt(value), 32);
    for (const { start, length } of spans) {
      const held = dataSlice(found, start, start + length);
      if (held !== word) return `the immutable ${name} holds ${short(held)}, not ${short(word)}`;
    }
  }
  const missing = Object.keys(expected).find((name) => !compiled.immutables.has(name));
  return missing === undefined ? undefined : `the compiler knows no immutable ${missing}`;
}

/** Returns whether code is a contract's, whatever its immutables hold and the metadata at its end says. */
export function isCodeOf(compiled: CompiledContract, onChain: string): boolean {
  const { code } = compiled;
  const end = code.length - 2 * metadataBytes(code);
  const found = withoutImmutables(onChain.toLowerCase(), compiled);
  return found.length === code.length && found.slice(0, end) === code.slice(0, end);
}

/**
 * Returns the first difference between what was sent to create a contract, creation code and constructor arguments,
 * and what the compiler makes. The code on chain does not show the constructor, which may have written any storage.
 */
export function creationDifference(
  input: string,
  { creationCode }: CompiledContract,
): string | undefined {
  const start = input.toLowerCase().slice(0, creationCode.length);
  const difference = firstDifference(start, creationCode);
  return difference && `it was created by other code: ${difference}`;
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

/** Describes the first byte in which a code differs; undefined where it does not. */
function firstDifference(found: string, expected: string): string | undefined {
  if (found === expected) return undefined;
  let i = 2;
  while (i < found.length && found[i] === expected[i]) i += 1;
  const at = Math.floor((i - 2) / 2);
  const [length, size] = [dataLength(found), dataLength(expected)];
  const sizes = length === size ? `${size} bytes` : `${length} bytes, not ${size}`;
  if (length === size && at >= size - metadataBytes(expected)) {
    return `only the metadata at its end differs (byte ${at} of ${sizes}): comments, names or paths of the sources, or settings of the compiler, are not these`;
  }
  const byteOf = (code: string) =>
    at < dataLength(code) ? dataSlice(code, at, at + 1) : "nothing";
  return `byte ${at} is ${byteOf(found)}, and the compiler makes ${byteOf(expected)} (${sizes})`;
}

/** Reads how long the metadata at the end of a code is: hashes of sources, the compiler, and their length. */
function metadataBytes(code: string): number {
  return Number.parseInt(code.slice(-4), 16) + 2;
}

/** A word as people read it: an address without its zeros. */
function short(word: string): string {
  return /^0x0{24}/.test(word) && !/^0x0{56}/.test(word)
    ? `0x${word.slice(26)}`
    : BigInt(word).toString();
}
