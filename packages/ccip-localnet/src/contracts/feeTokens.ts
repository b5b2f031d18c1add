import { Interface } from "ethers";

import type { ContractCode } from "../protocol/releases";

import compiled from "./feeTokenArtifacts.json";

/** LINK and wrapped native: CCIP's fee tokens, which its releases do not ship. */
export interface FeeTokenCode {
  readonly link: ContractCode;
  readonly weth: ContractCode;
}

/** LINK and WETH9 as compiled from Chainlink Local's sources. */
export function feeTokenCode(): FeeTokenCode {
  return { link: codeOf(compiled.link), weth: codeOf(compiled.weth) };
}

function codeOf(artifact: {
  readonly name: string;
  readonly abi: readonly unknown[];
  readonly bytecode: string;
}): ContractCode {
  return { ...artifact, interface: new Interface(JSON.stringify(artifact.abi)) };
}
