import { Interface, dataLength } from "ethers";

import { released } from "./releases";

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
  /** The data as it came. */
  readonly data: string;
}

const SOLIDITY = new Interface(["error Error(string message)", "error Panic(uint256 code)"]);

/** Names of the parameters in which CCIP's errors carry another contract's revert data. */
const WRAPPED = new Set(["err", "error", "returnData", "reason"]);

/**
 * Takes revert data apart.
 * @param known ABIs of the contracts that may have reverted, beside CCIP's own.
 */
export function decodeRevert(data: string, known: readonly Interface[] = []): Revert {
  if (data === "0x") return { name: "empty", args: [], values: {}, data };
  for (const contract of [SOLIDITY, ...known, ...ccipErrors()]) {
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
  return { name: "unknown", args: [], values: {}, data };
}

/** A revert in one line: `ReceiverError <- Error(message: "no")`. */
export function describeRevert(data: string, known: readonly Interface[] = []): string {
  return line(decodeRevert(data, known));
}

function line({ name, args, cause, data }: Revert): string {
  if (name === "empty") return "no reason given (out of gas, or a bare revert)";
  const own = name === "unknown" ? `unknown error ${data}` : `${name}(${args.join(", ")})`;
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

function ccipErrors(): Interface[] {
  ccip ??= (
    [
      "offRamp",
      "onRamp",
      "feeQuoter",
      "router",
      "burnMintPool",
      "rmnRemote",
      "revertingReceiver",
    ] as const
  ).map((name) => released(name).interface);
  return ccip;
}
