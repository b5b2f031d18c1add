import { isCallException, isError } from "ethers";
import type { Provider, TransactionRequest } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

/** A simulated call that reverted. */
export interface Refusal {
  readonly outcome: "refused";
  /** Revert data, `0x` if there is none. */
  readonly returnData: string;
}

/** Returns whether an error means that the contract reverted or that the account has no code. */
export function isContractError(error: unknown): boolean {
  return (
    isCallException(error) ||
    isError(error, "BAD_DATA") ||
    revertDataOf(error) !== "0x" ||
    (error instanceof Error &&
      /revert|out of gas|could not decode|not recognized/i.test(error.message))
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

/**
 * Simulates a call.
 * @throws when the node cannot be reached.
 */
export async function tryCall(
  reader: Pick<Provider, "call">,
  call: TransactionRequest,
): Promise<{ readonly outcome: "success"; readonly result: string } | Refusal> {
  try {
    return { outcome: "success", result: await reader.call(call) };
  } catch (error) {
    if (!isContractError(error)) throw error;
    return { outcome: "refused", returnData: revertDataOf(error) };
  }
}
