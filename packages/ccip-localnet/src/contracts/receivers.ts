import type { CcipChain } from "../protocol/chain";
import { released } from "../protocol/releases";
import { sendAll } from "../send";

import { deployContract } from "./transactions";

/** The part of a chain that is needed to send a transaction as its CCIP's owner. */
type Owned = Pick<CcipChain, "owner">;

/** Deploys Chainlink's test receiver, which accepts messages, or reverts while it is set to. */
export function deployReceiver(chain: Owned, { reverts = false } = {}): Promise<string> {
  return deployContract(chain.owner, released("revertingReceiver"), [reverts]);
}

/** Sets whether a receiver of {@link deployReceiver} reverts. */
export async function setReverting(
  chain: Owned,
  receiver: string,
  reverts: boolean,
): Promise<void> {
  const data = released("revertingReceiver").interface.encodeFunctionData("setRevert", [reverts]);
  await sendAll(chain.owner, [{ label: "setRevert", to: receiver, data }]);
}
