import type { Interface } from "ethers";
import { decodeRevert, describeRevert, released } from "ccip-localnet/protocol";
import type { Revert } from "ccip-localnet/protocol";

import { abi, ccipAbi } from "../abis";
import type { MeshChain } from "../mesh/mesh";
import { REASONS } from "../reasons/catalogue";

import { errorText, innermost } from "./revert";

/** One contract's error in a revert chain, outermost first. */
export interface RevertFrame {
  /** The contract that declares the error: `pool`, `OffRamp`, …; `unknown` if there is none. */
  readonly contract: string;
  /** The error with its arguments, in one line. */
  readonly error: string;
}

/** The contracts on the path of an arriving message, in call order. */
const ARRIVAL: readonly (readonly [contract: string, abi: () => Interface])[] = [
  ["OffRamp", () => released("offRamp").interface],
  ["OffRamp", () => released("offRamp", "2.0").interface],
  ["committee verifier", () => released("committeeVerifier", "2.0").interface],
  ["pool", () => abi.pool],
  ["receiver", () => abi.receiver],
  ["wrapped bridge", () => abi.wrappedBridge],
  ["token", () => abi.token],
  ["proposal receiver", () => abi.proposalReceiver],
  ["timelock", () => abi.timelock],
  ["router", () => released("router").interface],
];

/** The contracts on the path of a departing message. */
const DEPARTURE: typeof ARRIVAL = [
  ["broadcaster", () => abi.broadcaster],
  ["proposal sender", () => abi.proposalSender],
  ["wrapped bridge", () => abi.wrappedBridge],
  ["router", () => released("router").interface],
  ["OnRamp", () => released("onRamp").interface],
  ["OnRamp", () => released("onRamp", "2.0").interface],
  ["fee quoter", () => released("feeQuoter").interface],
  ["pool", () => abi.pool],
  ["token", () => abi.token],
  ["executor", () => released("executorImplementation", "2.0").interface],
  ["controller", () => abi.controller],
  ["timelock", () => abi.timelock],
  ["OffRamp", () => released("offRamp").interface],
  ["token admin registry", () => released("tokenAdminRegistry").interface],
];

/** Direction in which a message was travelling when it reverted. */
export type Direction = "arrival" | "departure";

/** Returns the ABIs whose errors {@link decode} knows beside CCIP's own. */
export function ownErrors(): Interface[] {
  return [...Object.values(abi), ccipAbi.registry, ccipAbi.registryModule];
}

/** Decodes revert data with the ABIs of this project and of CCIP. */
export function decode(data: string): Revert {
  return decodeRevert(data, ownErrors());
}

/** Returns revert data in one line: the errors with their values, and the cause if the catalogue of reasons has it. */
export function revertText(data: string): string {
  const brief = REASONS[innermost(decode(data)).name]?.brief;
  const errors = describeRevert(data, Object.values(abi));
  return brief === undefined ? errors : `${errors}: ${brief}`;
}

/** Returns every layer of a revert with the contract that it belongs to. */
export function revertChainOf(
  data: string,
  direction: Direction,
  chain?: MeshChain,
): RevertFrame[] {
  const revertChain: RevertFrame[] = [];
  // The contract for an error that no ABI knows: the one that CCIP called, or the frame around it.
  let callee = "unknown";
  for (let revert: Revert | undefined = decode(data); revert; revert = revert.cause) {
    const contract = speaker(revert, direction) ?? callee;
    revertChain.push({ contract, error: errorText(revert, chain) });
    callee = CALLEES[revert.name] ?? contract;
  }
  return revertChain;
}

/** The contract whose revert data CCIP's error carries. */
const CALLEES: Readonly<Record<string, string>> = {
  TokenHandlingError: "pool",
  ReceiverError: "receiver",
};

/** Errors that any contract may revert with. */
const ANYBODYS = new Set(["empty", "unknown", "Error", "Panic"]);

function speaker({ data, name }: Revert, direction: Direction): string | undefined {
  if (ANYBODYS.has(name)) return undefined;
  const speakers = direction === "arrival" ? ARRIVAL : DEPARTURE;
  return speakers.find(([, contract]) => knows(contract(), data))?.[0];
}

function knows(contract: Interface, data: string): boolean {
  try {
    return contract.parseError(data) !== null;
  } catch {
    return false;
  }
}
