import type { Provider } from "ethers";
import { z } from "zod";

import { readOne } from "./abi";
import type { CcipAddresses } from "./chain";
import type { Message16, Message20 } from "./message";
import { released } from "./releases";

/** State of a message on its destination, `Internal.MessageExecutionState`. */
export type ExecutionState = "untouched" | "in progress" | "success" | "failure";

const STATES = ["untouched", "in progress", "success", "failure"] as const;

/** The state behind the number that CCIP uses for it. */
export const executionStateSchema = z.bigint().transform((value, context): ExecutionState => {
  const state = STATES[Number(value)];
  if (state) return state;
  context.addIssue(`${value} is not an execution state of CCIP`);
  return z.NEVER;
});

/** Key of a message's state: the sequence number on its lane in CCIP 1.6, the id in 2.0. */
export type StateKey =
  | Pick<Message16, "version" | "sourceSelector" | "sequenceNumber">
  | Pick<Message20, "version" | "messageId">;

/**
 * The state of a message on its destination, read from the OffRamp. Success means that the OffRamp
 * is done with it, not that the receiver was called: it passes over one without code or ERC-165. In CCIP
 * 2.0 anybody can bring about a failure, by executing with wrong results or too little gas: it says
 * nothing of the message.
 */
export async function executionState(
  destination: {
    readonly provider: Pick<Provider, "call">;
    readonly ccip: Pick<CcipAddresses, "offRamp">;
  },
  message: StateKey,
): Promise<ExecutionState> {
  return readOne(
    destination.provider,
    {
      address: destination.ccip.offRamp,
      interface: released("offRamp", message.version).interface,
    },
    "getExecutionState",
    message.version === "1.6"
      ? [message.sourceSelector, message.sequenceNumber]
      : [message.messageId],
    executionStateSchema,
  );
}
