import { Interface, dataLength, dataSlice } from "ethers";
import type { ParamType } from "ethers";

import { abiCoder } from "./abi";
import { CCIP_VERSIONS, releasedOf } from "./releases";
import type { CcipVersion } from "./releases";

/** A revert, unwrapped: CCIP wraps the reason of a receiver or a pool in its own error. */
export interface Revert {
  /** Error name, `Error` or `Panic` for Solidity's own, `unknown` when no ABI knows it, else `empty`. */
  readonly name: string;
  /** Arguments as text, `name: value`; an inner revert is left out of them. */
  readonly args: readonly string[];
  /** The same arguments by their names; one without a name goes by its place. */
  readonly values: Readonly<Record<string, string>>;
  /** The revert that this one carries as bytes. */
  readonly cause?: Revert;
  /** True if its end is missing: an OffRamp of CCIP 2.0 keeps 132 bytes. The arguments are those that are whole. */
  readonly isCut?: true;
  /** The data as it came. */
  readonly data: string;
}

/**
 * Errors that no ABI lists, Solidity's own and those of libraries that CCIP's contracts use; and one that
 * OnRamp and OffRamp share, whose argument is the destination in one and the source in the other.
 */
const UNLISTED = new Interface([
  "error CursedByRMN(uint64 chainSelector)",
  "error Error(string message)",
  "error Panic(uint256 code)",
  "error InsufficientGasForStaticCall()",
  "error NoContract()",
  "error NoGasForCallExactCheck()",
  "error NotEnoughGasForCall()",
]);

/** Names of the parameters in which CCIP's errors carry another contract's revert data. */
const WRAPPED = new Set(["err", "error", "returnData", "reason"]);

/**
 * Takes revert data apart.
 * @param known ABIs of the contracts that may have reverted, beside CCIP's own.
 */
export function decodeRevert(data: string, known: readonly Interface[] = []): Revert {
  if (data === "0x") return { name: "empty", args: [], values: {}, data };
  for (const contract of [UNLISTED, ...known, ...ccipErrors()]) {
    const parsed = dataLength(data) >= 4 ? parse(contract, data) : null;
    if (!parsed) continue;
    const args: string[] = [];
    const values: Record<string, string> = {};
    let cause: Revert | undefined;
    parsed.fragment.inputs.forEach((input, i) => {
      const value: unknown = parsed.args[i];
      if (input.type === "bytes" && WRAPPED.has(input.name) && typeof value === "string") {
        cause = decodeRevert(value, known);
      } else {
        args.push(input.name ? `${input.name}: ${text(value)}` : text(value));
        values[input.name || String(i)] = String(value);
      }
    });
    return { name: parsed.name, args, values, data, ...(cause && { cause }) };
  }
  const cut = dataLength(data) === KEPT_BYTES ? decodeCut(data, known) : undefined;
  return cut ?? { name: "unknown", args: [], values: {}, data };
}

/** Bytes that an OffRamp of CCIP 2.0 keeps of what failed (`Internal.MAX_RET_BYTES`). */
const KEPT_BYTES = 132;

/** Takes apart what is left of revert data whose end is missing. */
function decodeCut(data: string, known: readonly Interface[]): Revert | undefined {
  if (dataLength(data) < 4) return undefined;
  for (const contract of [UNLISTED, ...known, ...ccipErrors()]) {
    const fragment = contract.getError(dataSlice(data, 0, 4));
    if (!fragment) continue;
    const args: string[] = [];
    const values: Record<string, string> = {};
    let cause: Revert | undefined;
    fragment.inputs.forEach((input, i) => {
      const word = wordAt(data, 4 + 32 * i);
      if (word === undefined) return;
      if (input.type === "bytes" && WRAPPED.has(input.name)) {
        const start = 4 + Number(BigInt(word));
        cause = decodeRest(data, start, known);
      } else if (!isDynamic(input)) {
        const value: unknown = abiCoder.decode([input], word)[0];
        args.push(input.name ? `${input.name}: ${text(value)}` : text(value));
        values[input.name || String(i)] = String(value);
      }
    });
    return { name: fragment.name, args, values, data, isCut: true, ...(cause && { cause }) };
  }
  return undefined;
}

/** Returns the available part of the revert data that begins with its length at `start`. */
function decodeRest(data: string, start: number, known: readonly Interface[]): Revert | undefined {
  const length = wordAt(data, start);
  if (length === undefined) return undefined;
  const inner = dataSlice(data, start + 32);
  const whole = Number(BigInt(length));
  if (whole <= dataLength(inner)) return decodeRevert(dataSlice(inner, 0, whole), known);
  return decodeCut(inner, known);
}

function wordAt(data: string, offset: number): string | undefined {
  return offset + 32 <= dataLength(data) ? dataSlice(data, offset, offset + 32) : undefined;
}

function isDynamic({ type, baseType }: ParamType): boolean {
  return type === "string" || type === "bytes" || baseType === "array" || baseType === "tuple";
}

/** A revert in one line: `ReceiverError <- Error(message: "no")`. */
export function describeRevert(data: string, known: readonly Interface[] = []): string {
  return line(decodeRevert(data, known));
}

function line({ name, args, cause, data, isCut }: Revert): string {
  if (name === "empty") return "no reason given (out of gas, or a bare revert)";
  const shown = isCut && !cause ? [...args, "…"] : args;
  const own = name === "unknown" ? `unknown error ${data}` : `${name}(${shown.join(", ")})`;
  return cause ? `${own} <- ${line(cause)}` : own;
}

function parse(contract: Interface, data: string): ReturnType<Interface["parseError"]> {
  try {
    return contract.parseError(data);
  } catch {
    // A selector that matches with arguments that do not: another contract's error.
    return null;
  }
}

function text(value: unknown): string {
  if (typeof value === "string") return /^0x[0-9a-fA-F]*$/.test(value) ? value : `"${value}"`;
  return String(value);
}

let ccip: Interface[] | undefined;

/** Returns the ABIs whose errors {@link decodeRevert} knows by itself. */
export function knownErrors(): readonly Interface[] {
  return [UNLISTED, ...ccipErrors()];
}

function ccipErrors(): Interface[] {
  ccip ??= CCIP_VERSIONS.flatMap((version) =>
    ERROR_CONTRACTS[version].map((name) => releasedOf(name, version).interface),
  );
  return ccip;
}

/** Contracts whose errors end up in a message's revert data: {@link decodeRevert} needs the ABI of each. */
export const ERROR_CONTRACTS = {
  "1.6": [
    "offRamp",
    "onRamp",
    "feeQuoter",
    "router",
    "burnMintPool",
    "rmnRemote",
    "revertingReceiver",
  ],
  "2.0": [
    "offRamp",
    "onRamp",
    "feeQuoter",
    "committeeVerifier",
    "verifierResolver",
    "executorImplementation",
  ],
} as const satisfies Record<CcipVersion, readonly string[]>;

/** The revert data that an ethers or Hardhat error carries, `0x` if none. */
export function revertDataOf(error: unknown): string {
  if (isObject(error)) {
    if (isHexData(error.data)) return error.data;
    for (const inner of [error.error, error.info, error.cause, error.data]) {
      const data = inner === error ? "0x" : revertDataOf(inner);
      if (data !== "0x") return data;
    }
  }
  return "0x";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isHexData(value: unknown): value is string {
  return typeof value === "string" && /^0x([0-9a-fA-F]{2})*$/.test(value);
}
