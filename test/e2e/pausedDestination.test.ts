import { expect } from "chai";
import { parseEther } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { EXPECTED } from "../shared/ccipExpectations";
import {
  LANE_KINDS,
  expectFailure,
  expectSuccess,
  failureOf,
  mined,
  useWorld,
} from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

async function aliceEverywhere(s: Scenario): Promise<void> {
  for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
}

describe(`A transfer that cannot arrive yet (${WORLD_NAME})`, () => {
  const scenario = useWorld(aliceEverywhere);

  for (const { from, to, title } of LANE_KINDS) {
    it(`from ${title} to a paused chain: fails with EnforcedPause, and is executed by hand after the pause [B11, F4, I30]`, async () => {
      const s = scenario();
      const route = s.route({ from, to });
      const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
      await mined(s.tokenOn(route.to, "guardian").pause());
      await s.verify(route);

      expectFailure(await s.execute(route), EXPECTED.refusedByPool(route.to, "EnforcedPause()"));
      expect(await s.sharesOf(route.to, "bob")).to.equal(0n);
      await s.expectConserved();

      // Nothing passes the pause, and the rebase takes effect in spite of it.
      expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(
        "EnforcedPause()",
      );
      await s.rebase("5");
      await s.expectConserved();

      await mined(s.tokenOn(route.to, "operations").unpause());
      expect(await s.deliver(), "CCIP does not try again").to.deep.equal([]);
      expectSuccess([await s.executeManually(route, message.messageId)]);
      expect(await s.balanceOf(route.to, "bob")).to.equal((AMOUNT * 105n) / 100n - 1n);
      await s.expectConserved();
    });
  }

  it("does not leave a paused chain: the sender keeps everything", async () => {
    const s = scenario();
    const shares = await s.sharesOf(s.home, "alice");
    await mined(s.tokenOn(s.home, "guardian").pause());
    expect(await failureOf(s.send({ from: s.home, to: s.sat1 }, "alice", AMOUNT))).to.equal(
      "EnforcedPause()",
    );
    expect(await s.sharesOf(s.home, "alice")).to.equal(shares);
    await s.expectConserved();
  });

  const withLittleGas = async (s: Scenario, route: Route): Promise<Message> => {
    await s.grant(route, { gas: 30_000 });
    const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
    await s.verify(route);
    return message;
  };

  const failsForLackOfGas = async (): Promise<void> => {
    const s = scenario();
    const route = { from: s.home, to: s.sat1 };
    const outOfGas = `TokenHandlingError(target: ${s.sat1.contracts.pool}) <- no reason given (out of gas, or a bare revert)`;
    const message = await withLittleGas(s, route);

    expectFailure(await s.execute(route), outOfGas);
    await s.expectConserved();
    expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(outOfGas);

    expectSuccess([await s.executeManually(route, message.messageId, { tokenGas: [150_000n] })]);
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);
    await s.expectConserved();
  };

  const arrivesAllTheSame = async (): Promise<void> => {
    const s = scenario();
    const route = { from: s.home, to: s.sat1 };
    await withLittleGas(s, route);
    expectSuccess(await s.execute(route));
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);
    await s.expectConserved();
  };

  it(
    EXPECTED.capsPoolGas
      ? "with too little gas for the pool: fails without a reason, arrives by hand with more"
      : "with little gas granted for the pool: arrives, for it caps no call",
    EXPECTED.capsPoolGas ? failsForLackOfGas : arrivesAllTheSame,
  );

  it("over a lane cursed in transit: waits, and arrives when the curse is lifted [C18, F4, I30]", async () => {
    const s = scenario();
    const route = { from: s.sat1, to: s.sat2 };
    await s.send(route, "alice", AMOUNT, s.address("bob"));
    await s.send(route, "alice", AMOUNT, s.address("carol"));
    await s.ccip.verify(s.lane(route), 1);
    await s.curse(route);

    expect(await s.deliver()).to.deep.equal([]);
    expect(await failureOf(s.send(route, "alice", AMOUNT))).to.contain("CursedByRMN");
    await s.rebase("-5");
    await s.expectConserved();
    expect(await s.ccip.pending(s.lane(route))).to.have.length(2);

    await s.uncurse(route);
    expectSuccess(await s.deliver());
    for (const receiver of ["bob", "carol"] as const) {
      expect(await s.balanceOf(s.sat2, receiver)).to.equal((AMOUNT * 95n) / 100n - 1n);
    }
    await s.expectConserved();
  });
});
