import { isCallException, isError } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

/** Whether a contract, or an account without code, has no answer to a question. */
export function isContractError(error: unknown): boolean {
  return (
    isCallException(error) ||
    isError(error, "BAD_DATA") ||
    revertDataOf(error) !== "0x" ||
    (error instanceof Error && /revert|could not decode|not recognized/i.test(error.message))
  );
}
