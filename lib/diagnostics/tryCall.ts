import { isCallException } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

import type { PinnedBlock } from "../rpc/pinnedBlock";

/** The outcome of a simulated execution. */
export type Rehearsal =
  | {
      readonly outcome: "success";
      /** Gas that the receiver used, where it was measured. */
      readonly receiverGasUsed?: bigint;
    }
  | Refusal;

/** A simulated call that reverted. */
export interface Refusal {
  readonly outcome: "refused";
  /** Revert data, `0x` if there is none. */
  readonly returnData: string;
}

/** A call to simulate. */
export interface AskedCall {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}

/**
 * Simulates a call.
 * @throws when the node cannot be reached.
 */
export async function tryCall(
  pinnedBlock: Pick<PinnedBlock, "call">,
  call: AskedCall,
): Promise<{ readonly outcome: "success"; readonly result: string } | Refusal> {
  try {
    return { outcome: "success", result: await pinnedBlock.call(call) };
  } catch (error) {
    const returnData = isCallException(error)
      ? (error.data ?? revertDataOf(error))
      : revertDataOf(error);
    if (returnData === "0x" && !isRevert(error)) throw error;
    return { outcome: "refused", returnData };
  }
}

/** Returns whether an error means that the call reverted, rather than that the request failed. */
function isRevert(error: unknown): boolean {
  return (
    isCallException(error) ||
    (error instanceof Error && /revert|out of gas|ran out/i.test(error.message))
  );
}
