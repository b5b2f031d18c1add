import { expect } from "chai";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import type { MeshChain, SatelliteChain } from "../../lib/core/mesh/mesh";

import type { Scenario } from "./scenario";

const router = released("router").interface;

/**
 * Carol sends one unit to the satellite's receiver, which accepts nothing from her: the message fails, and
 * would fail whenever it were executed. It costs her the unit and a fee.
 */
export async function sendToNoAvail(
  s: Scenario,
  { from, to }: { readonly from: MeshChain; readonly to: SatelliteChain },
): Promise<void> {
  await s.give(from, "carol", 1n);
  await (await s.tokenOn(from, "carol").approve(from.ccip.router, 1n)).wait();
  const message = toRouterMessage({
    receiver: to.contracts.receiver,
    tokens: [{ token: from.contracts.token, amount: 1n }],
    gasLimit: 100_000n,
  });
  const sent = await s.signer(from, "carol").sendTransaction({
    to: from.ccip.router,
    data: router.encodeFunctionData("ccipSend", [to.selector, message]),
    // What is too much is the router's.
    value: 10n ** 18n,
  });
  await sent.wait();
  expect((await s.deliver()).map(({ state }) => state)).to.deep.equal(["failure"]);
}
