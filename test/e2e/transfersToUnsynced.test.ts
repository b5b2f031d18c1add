import { expect } from "chai";
import { parseEther } from "ethers";

import { EXPECTED } from "../shared/ccipExpectations";
import { expectFailure, expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Route } from "../shared/scenario";
import { withUnsyncedSatellite } from "../shared/unsynced";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

describe(`Transfers to a satellite that was never synced (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await s.give(s.home, "alice", parseEther("1000"));
    await s.give(s.sat1, "alice", parseEther("1000"));
    await s.rebase("5", [s.sat1]);
  });

  it("fail with Unsynced, and arrive by hand once the first broadcast is there", async () => {
    const s = await withUnsyncedSatellite(scenario());
    const routes = [
      { from: s.home, to: s.sat2 },
      { from: s.sat1, to: s.sat2 },
    ];
    const refusal = EXPECTED.refusedByPool(s.sat2, "Unsynced()");

    const failed: { route: Route; messageId: string }[] = [];
    for (const route of routes) {
      const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
      await s.verify(route);
      expectFailure(await s.execute(route), refusal);
      expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(refusal);
      failed.push({ route, messageId: message.messageId });
    }
    expect(await s.tokenOn(s.sat2).epoch()).to.equal(0n);
    expect(await s.tokenOn(s.sat2).totalShares()).to.equal(0n);
    await s.expectConserved();

    await s.broadcastAll([s.sat2]);
    expectSuccess(await s.deliver());
    expect(await s.tokenOn(s.sat2).epoch()).to.equal(2n);

    for (const { route, messageId } of failed) {
      expectSuccess([await s.executeManually(route, messageId)]);
      await s.expectConserved();
    }
    expect(await s.balanceOf(s.sat2, "bob")).to.equal(2n * AMOUNT);
    expect((await s.audit()).sharesInFlight).to.equal(0n);
  });
});
