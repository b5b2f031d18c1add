import type { Provider } from "ethers";
import { z } from "zod";

import { readOne } from "./abi";
import type { CcipAddresses } from "./chain";
import { released } from "./releases";

/** What has become of a message on its destination, `Internal.MessageExecutionState`. */
export type ExecutionState = "untouched" | "in progress" | "success" | "failure";

const STATES = ["untouched", "in progress", "success", "failure"] as const;

/** The state behind the number that CCIP uses for it. */
export const executionStateSchema = z.bigint().transform((value, context): ExecutionState => {
  const state = STATES[Number(value)];
  if (state) return state;
  context.addIssue(`${value} is not an execution state of CCIP 1.6`);
  return z.NEVER;
});

/**
 * The state of a message on its destination, read from the OffRamp. Success means that the OffRamp
 * is done with it, not that the receiver was called: it passes over one without code or ERC-165.
 */
export async function executionState(
  destination: {
    readonly provider: Pick<Provider, "call">;
    readonly ccip: Pick<CcipAddresses, "offRamp">;
  },
  message: { readonly sourceSelector: bigint; readonly sequenceNumber: bigint },
): Promise<ExecutionState> {
  return readOne(
    destination.provider,
    { address: destination.ccip.offRamp, interface: released("offRamp").interface },
    "getExecutionState",
    [message.sourceSelector, message.sequenceNumber],
    executionStateSchema,
  );
}
