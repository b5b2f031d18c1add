import type { Interface } from "ethers";
import { decodeRevert, released } from "ccip-localnet/protocol";
import type { Revert } from "ccip-localnet/protocol";

import { abi } from "../abis";
import type { MeshChain } from "../mesh/mesh";

import { errorText } from "./revert";

/** One contract's say in a revert, the outermost first. */
export interface RevertFrame {
  /** Whose error it is: `pool`, `OffRamp`, …; `unknown` when nobody is known to use it. */
  readonly contract: string;
  /** The error with its arguments, in one line. */
  readonly error: string;
}

/** The contracts that speak while a message arrives, in the order in which they call each other. */
const ARRIVAL: readonly (readonly [contract: string, abi: () => Interface])[] = [
  ["OffRamp", () => released("offRamp").interface],
  ["OffRamp", () => released("offRamp", "2.0").interface],
  ["committee verifier", () => released("committeeVerifier", "2.0").interface],
  ["pool", () => abi.pool],
  ["receiver", () => abi.receiver],
  ["token", () => abi.token],
  ["router", () => released("router").interface],
];

/** The contracts that speak while a message leaves. */
const DEPARTURE: typeof ARRIVAL = [
  ["broadcaster", () => abi.broadcaster],
  ["router", () => released("router").interface],
  ["OnRamp", () => released("onRamp").interface],
  ["OnRamp", () => released("onRamp", "2.0").interface],
  ["fee quoter", () => released("feeQuoter").interface],
  ["pool", () => abi.pool],
  ["token", () => abi.token],
  ["controller", () => abi.controller],
  ["timelock", () => abi.timelock],
  ["OffRamp", () => released("offRamp").interface],
  ["token admin registry", () => released("tokenAdminRegistry").interface],
];

/** Which way a message went when it was refused. */
export type Direction = "arrival" | "departure";

/** Takes revert data apart, with the ABIs of this project and of CCIP. */
export function decode(data: string): Revert {
  return decodeRevert(data, [
    ...Object.values(abi),
    released("tokenAdminRegistry").interface,
    released("registryModule").interface,
  ]);
}

/** Every layer of a revert, and whose it is. */
export function revertChainOf(
  data: string,
  direction: Direction,
  chain?: MeshChain,
): RevertFrame[] {
  const revertChain: RevertFrame[] = [];
  // Whose error it is that no ABI knows: that of whoever CCIP called, or of what reverted around it.
  let callee = "unknown";
  for (let revert: Revert | undefined = decode(data); revert; revert = revert.cause) {
    const contract = speaker(revert, direction) ?? callee;
    revertChain.push({ contract, error: errorText(revert, chain) });
    callee = CALLEES[revert.name] ?? contract;
  }
  return revertChain;
}

/** Whose revert CCIP's errors carry. */
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
