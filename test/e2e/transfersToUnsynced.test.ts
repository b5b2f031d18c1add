import { expect } from "chai";
import { parseEther } from "ethers";

import type { Mesh } from "../../lib/mesh/mesh";
import { planMesh } from "../../lib/mesh/plan";
import { readMesh } from "../../lib/mesh/state";
import { readySteps } from "../../lib/mesh/step";
import type { Step } from "../../lib/mesh/step";
import { impersonate } from "../shared/impersonate";
import { Scenario, expectFailure, expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Route } from "../shared/scenario";
import { WORLD_NAME, deploySatellite } from "../shared/world";

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
    const refusal = `TokenHandlingError(target: ${s.sat2.contracts.pool}) <- Unsynced()`;

    const failed: { route: Route; messageId: string }[] = [];
    for (const route of routes) {
      const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
      await s.commit(route);
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

/**
 * The second satellite with fresh contracts, wired in every way but one: its lanes are open and it
 * has not had its first index. The plan's order forbids exactly that, so its steps are taken as they
 * come, as if the first broadcast had arrived.
 */
async function withUnsyncedSatellite(s: Scenario): Promise<Scenario> {
  const fresh = await deploySatellite(s.mesh.config, s.ccipChain(s.sat2));
  const mesh: Mesh = { ...s.mesh, satellites: [s.sat1, fresh] };
  for (;;) {
    const steps = readySteps(planMesh(mesh, await readMesh(mesh)).map(genesisDone));
    if (steps.length === 0) return new Scenario({ mesh, chains: s.chains });
    for (const { chain, call } of steps) {
      const provider = s.chains.find(({ name }) => name === chain)?.provider;
      if (!provider) throw new Error(`CCIP does not run on ${chain}.`);
      const { from, to, data } = call;
      await (await (await impersonate(provider, from)).sendTransaction({ to, data })).wait();
    }
  }
}

function genesisDone(step: Step): Step {
  return step.id.includes("/broadcaster/genesis") ? { ...step, status: { kind: "done" } } : step;
}
