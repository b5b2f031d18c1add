import { dataLength, getBytes } from "ethers";

/** Gas of a transaction that creates a contract, by EIP-2028, EIP-3860 and the yellow paper. */
const CREATION = { transaction: 21_000, create: 32_000, word: 2, codeByte: 200 } as const;
const CALLDATA = { zero: 4, other: 16 } as const;

/** Approximate gas of a constructor of this project: roles, an owner, a configuration. */
const CONSTRUCTOR = 100_000;

/**
 * About what it takes to deploy a contract, without asking a chain: constructors want contracts that are not
 * there yet.
 */
export function creationGas(artifact: {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}): bigint {
  const code = getBytes(artifact.bytecode);
  const calldata = code.reduce((sum, byte) => sum + (byte === 0 ? CALLDATA.zero : CALLDATA.other), 0);
  return BigInt(
    CREATION.transaction +
      CREATION.create +
      CREATION.word * Math.ceil(code.length / 32) +
      CREATION.codeByte * dataLength(artifact.deployedBytecode) +
      calldata +
      CONSTRUCTOR,
  );
}
