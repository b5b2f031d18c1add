import type { CcipChain } from "../protocol/chain";
import { released } from "../protocol/releases";
import { sendAll } from "../send";

import { deployContract } from "./transactions";

/** The part of a chain that is needed to send a transaction as its CCIP's owner. */
type Owned = Pick<CcipChain, "owner">;

/** Deploys Chainlink's receiver that takes messages, or reverts with each as long as it is told to. */
export function deployReceiver(chain: Owned, { reverts = false } = {}): Promise<string> {
  return deployContract(chain.owner, released("revertingReceiver"), [reverts]);
}

/** Has a receiver of {@link deployReceiver} revert from now on, or take messages again. */
export async function setReverting(
  chain: Owned,
  receiver: string,
  reverts: boolean,
): Promise<void> {
  const data = released("revertingReceiver").interface.encodeFunctionData("setRevert", [reverts]);
  await sendAll(chain.owner, [{ label: "setRevert", to: receiver, data }]);
}
