import { isCallException, isError } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

/** Returns whether an error means that the contract reverted or that the account has no code. */
export function isContractError(error: unknown): boolean {
  return (
    isCallException(error) ||
    isError(error, "BAD_DATA") ||
    revertDataOf(error) !== "0x" ||
    (error instanceof Error && /revert|could not decode|not recognized/i.test(error.message))
  );
}

/** Returns the result of a call, or a default when the contract reverts or the account has no code. */
export async function unlessReverted<T, D>(result: Promise<T>, otherwise: D): Promise<T | D> {
  try {
    return await result;
  } catch (error) {
    if (isContractError(error)) return otherwise;
    throw error;
  }
}
