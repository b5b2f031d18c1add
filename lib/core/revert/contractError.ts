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
