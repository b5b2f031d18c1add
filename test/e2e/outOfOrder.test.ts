import { expect } from "chai";
import { ZeroAddress, concat, parseEther, toBeHex } from "ethers";
import { call, sendAll } from "ccip-localnet";
import { readOne, released, toRouterMessage } from "ccip-localnet/protocol";
import { z } from "zod";

import { indexOf } from "../shared/broadcasting";
import { batchFor, deployGovernance } from "../shared/proposing";
import { expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { oldWorld } from "../shared/world";
import { deployWrapping, wrappingOn } from "../shared/wrapping";

/** `EVMExtraArgsV2` that asks for 150,000 gas and keeps the order of the sender's messages. */
const IN_ORDER = concat(["0x181dcf10", toBeHex(150_000, 32), toBeHex(0, 32)]);

describe("A lane of CCIP 1.6 that takes only messages without an order", () => {
  const scenario = useWorld(undefined, oldWorld);

  it("takes broadcasts, and no message that keeps an order [D23]", async () => {
    const s = scenario();
    await demandNoOrder(s);
    await s.rebaseHome("5");
    await s.broadcastAll([s.sat1]);
    expectSuccess(await s.deliver());
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));

    const message = {
      ...toRouterMessage({ receiver: s.sat1.contracts.receiver, data: "0x", gasLimit: 150_000n }),
      extraArgs: IN_ORDER,
    };
    const data = released("router").interface.encodeFunctionData("getFee", [
      s.sat1.selector,
      message,
    ]);
    const quote = s.signer(s.home, "thirdParty").call({ to: s.home.ccip.router, data });
    expect(await failureOf(quote)).to.equal("ExtraArgOutOfOrderExecutionMustBeTrue()");
  });

  it("takes proposals and wrapped transfers [D23]", async () => {
    const s = scenario();
    const { sender } = await deployGovernance(s);
    const { bridge } = wrappingOn(await deployWrapping(s), s.home);
    await demandNoOrder(s);
    const { selector } = s.sat1;

    const { targets, values, payloads, ...batch } = batchFor(s.sat1);
    const lists = { targets: [...targets], values: [...values], payloads: [...payloads] };
    const request = { selector, validFor: 3_600n, batch: { ...batch, ...lists } };
    const fees = parseEther("1");
    const propose = sender.connect(await s.timelock(s.home)).propose;
    await expect(propose([request], ZeroAddress, fees)).to.emit(sender, "ProposalSent");
    const units = parseEther("10");
    const sent = bridge
      .connect(s.signer(s.home, "alice"))
      .send(selector, s.address("bob"), units, 0, ZeroAddress, { value: fees });
    await expect(sent).to.emit(bridge, "WrappedSent");
  });
});

/** CCIP's owner has the fee quoter of home refuse ordered messages to the first satellite. */
async function demandNoOrder(s: Scenario): Promise<void> {
  const { provider, ccip, owner } = s.ccipChain(s.home);
  const feeQuoter = { address: ccip.feeQuoter, interface: released("feeQuoter").interface };
  const args = [s.sat1.selector];
  const known = z.record(z.string(), z.unknown());
  const config = await readOne(provider, feeQuoter, "getDestChainConfig", args, known);
  expect(config).to.include({ enforceOutOfOrder: false });
  const destChainConfig = { ...config, enforceOutOfOrder: true };
  await sendAll(owner, [
    call(ccip, "feeQuoter", "applyDestChainConfigUpdates", [
      [{ destChainSelector: s.sat1.selector, destChainConfig }],
    ]),
  ]);
}
