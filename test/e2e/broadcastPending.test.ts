import { expect } from "chai";
import { ZeroAddress, parseEther } from "ethers";
import { uncurse, curse } from "ccip-localnet";
import { messagesIn } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { BROADCAST_GAS, approveLink, feeTokenOf, giveLink, indexOf } from "../shared/broadcasting";
import type { FeeToken } from "../shared/broadcasting";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

describe(`Broadcasts to pending destinations (${WORLD_NAME})`, () => {
  const scenario = useWorld();

  for (const [feeToken, from] of [
    ["native", "thirdParty"],
    ["LINK", "thirdParty"],
    ["native", "treasurySpender"],
  ] as const) {
    it(`reach destinations that were not sent the epoch; the second call sends none, in ${feeToken} of the ${from}`, async () => {
      const s = scenario();
      await s.rebaseHome("5");
      await s.broadcastAll([s.sat1]);
      expect(selectorsOf(await sendPending(s, feeToken, from))).to.deep.equal([s.sat2.selector]);
      expect(await sendPending(s, feeToken, from)).to.deep.equal([]);
      expectSuccess(await s.deliver());
      for (const chain of s.mesh.satellites) {
        expect(await indexOf(s, chain)).to.deep.equal(await indexOf(s, s.home));
      }
    });
  }

  it("skip a cursed lane, which stays pending, and reach it once the curse is lifted", async () => {
    const s = scenario();
    const lane = s.lane({ from: s.home, to: s.sat2 });
    await s.rebaseHome("5");
    await curse(lane);
    expect(selectorsOf(await sendPending(s))).to.deep.equal([s.sat1.selector]);
    await uncurse(lane);
    expect(selectorsOf(await sendPending(s))).to.deep.equal([s.sat2.selector]);
  });

  it("do not reach a satellite whose message failed there, until its destination is set again [K15]", async () => {
    const s = scenario();
    const route = { from: s.home, to: s.sat1 };
    const token = s.tokenOn(s.sat1, await s.timelock(s.sat1));
    const rebaser = await token.REBASER_ROLE();
    await mined(token.revokeRole(rebaser, s.sat1.contracts.receiver));
    await s.rebaseHome("5");
    const failed = await sendPending(s);
    await s.verify(route);
    const [delivery] = await s.ccip.execute(
      s.lane(route),
      failed.filter(({ destinationSelector }) => destinationSelector === s.sat1.selector),
    );
    expect(delivery?.state).to.equal("failure");
    await mined(token.grantRole(rebaser, s.sat1.contracts.receiver));
    expect(await sendPending(s)).to.deep.equal([]);

    const admin = s.broadcaster(await s.timelock(s.home));
    await mined(admin.setDestination(s.sat1.selector, s.sat1.contracts.receiver, 200_000n));
    const again = await sendPending(s);
    expect(selectorsOf(again)).to.deep.equal([s.sat1.selector]);
    await s.verify(route);
    expectSuccess(await s.ccip.execute(s.lane(route), again));
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });

  it("are repeated after maxAge; a satellite that has the epoch ignores them", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    await sendPending(s);
    expectSuccess(await s.deliver());
    await s.waitUntil(BigInt(await s.now()) + 601n);
    expect(selectorsOf(await sendPending(s, "native", "thirdParty", 600n))).to.have.members(
      s.mesh.satellites.map(({ selector }) => selector),
    );
    expectSuccess(await s.deliver());
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });
});

/** Broadcasts what is pending. */
async function sendPending(
  s: Scenario,
  feeToken: FeeToken = "native",
  from: "thirdParty" | "treasurySpender" = "thirdParty",
  maxAge = 0n,
): Promise<Message[]> {
  const broadcaster = s.broadcaster(from);
  const token = feeTokenOf(s, feeToken);
  const maxFee = parseEther("1");
  const overrides = { gasLimit: BROADCAST_GAS };
  if (from === "treasurySpender") {
    await mined(
      s.signer(s.home, "thirdParty").sendTransaction({ to: broadcaster.target, value: maxFee }),
    );
    const send = broadcaster.broadcastPendingFromTreasury;
    return [...messagesIn(await mined(send(token, maxFee, maxAge, overrides)))];
  }
  if (feeToken === "LINK") {
    await giveLink(s);
    await approveLink(s, parseEther("100"));
  }
  const value = token === ZeroAddress ? maxFee : 0n;
  return [
    ...messagesIn(
      await mined(
        broadcaster.broadcastPending(token, parseEther("100"), maxAge, { ...overrides, value }),
      ),
    ),
  ];
}

function selectorsOf(messages: readonly Message[]): bigint[] {
  return messages.map(({ destinationSelector }) => destinationSelector);
}
