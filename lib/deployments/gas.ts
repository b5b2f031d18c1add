import { dataLength, getBytes } from "ethers";

/**
 * About what it takes to deploy a contract, by EIP-2028, EIP-3860 and the yellow paper, with 100,000 for a
 * constructor of this project. No chain is asked: constructors want contracts that are not there yet.
 */
export function creationGas(artifact: {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}): bigint {
  const code = getBytes(artifact.bytecode);
  const calldata = code.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
  const words = 2 * Math.ceil(code.length / 32);
  const stored = 200 * dataLength(artifact.deployedBytecode);
  return BigInt(21_000 + 32_000 + 100_000 + calldata + words + stored);
}
