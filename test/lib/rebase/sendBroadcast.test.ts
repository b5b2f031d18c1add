import { expect } from "chai";
import { call, curse, sendAll } from "ccip-localnet";

import { PAYMENTS } from "../../../lib/core/payment";
import { readLaneFees } from "../../../lib/rebase/fees";
import { sendBroadcast } from "../../../lib/rebase/sendBroadcast";
import type { BroadcastRequest } from "../../../lib/rebase/sendBroadcast";
import { NonceManager } from "../../../lib/tx/nonces";
import { contextOf, keptMesh } from "../../shared/keeper";
import type { MeshWorld } from "../../shared/meshFixture";
import { Scenario } from "../../shared/scenario";

const [SAT1, SAT2] = ["local-sat1", "local-sat2"];

describe("A broadcast", () => {
  let world: MeshWorld;
  beforeEach(async () => {
    world = await keptMesh();
    await new Scenario(world).rebaseHome("5");
  });

  const send = (change: Partial<BroadcastRequest> = {}, context = contextOf(world)) =>
    sendBroadcast(context, {
      satellites: world.mesh.satellites,
      onlyPending: false,
      payment: PAYMENTS.native ?? expect.fail("Native pays."),
      notBefore: 0,
      nonces: new NonceManager(),
      ...change,
    });
  const fees = () => readLaneFees(world.mesh, world.mesh.satellites);
  const toFirst = () => ({ satellites: world.mesh.satellites.slice(0, 1), onlyPending: true });
  const eventsOf = ({ lanes }: Awaited<ReturnType<typeof send>>) =>
    lanes.map(({ chain, event }) => `${chain} ${event}`);

  it("to one satellite while others lack the epoch too is paid for all, and reported for the one", async () => {
    const [first, second] = await fees();
    const outcome = await send(toFirst());
    expect(eventsOf(outcome)).to.deep.equal([`${SAT1} broadcast-sent`]);
    expect(outcome.spent).to.equal((first?.native ?? 0n) + (second?.native ?? 0n));
  });

  it("to one satellite says nothing of another lane that refuses it", async () => {
    await curse(world.ccip.lane(world.mesh.home.name, SAT2), "source");
    expect(eventsOf(await send(toFirst()))).to.deep.equal([`${SAT1} broadcast-sent`]);
  });

  it("goes over the lanes that the ceiling covers, where one is dearer", async () => {
    const [home] = world.chains;
    const [, satellite] = world.mesh.satellites;
    if (!home || !satellite) return expect.fail("The mesh has two satellites.");
    const dear = { destChainSelector: satellite.selector, usdPerUnitGas: 10n ** 15n };
    const prices = { tokenPriceUpdates: [], gasPriceUpdates: [dear] };
    await sendAll(home.owner, [call(home.ccip, "feeQuoter", "updatePrices", [prices])]);
    const [cheap, dearer] = await fees();
    const ceiling = 2n * (cheap?.native ?? 0n);
    expect(ceiling < (dearer?.native ?? 0n)).to.equal(true);
    const outcome = await send({ ceiling });
    expect(eventsOf(outcome)).to.deep.equal([`${SAT1} broadcast-sent`, `${SAT2} deferred`]);
    expect(outcome.spent).to.equal(cheap?.native);
  });

  it("of which it is not known whether it was mined counts as paid", async () => {
    const times = { giveUpAfter: 40, recheckEvery: 10 };
    const node = world.chains[0]?.provider;
    await node?.send("evm_setAutomine", [false]);
    try {
      const context = contextOf(world, { sendOptions: () => ({ times }) });
      const total = (await fees()).reduce((sum, { native }) => sum + native, 0n);
      const { spent, unclear, lanes } = await send({}, context);
      expect(unclear).to.be.instanceOf(Error);
      expect({ spent, lanes }).to.deep.equal({ spent: total, lanes: [] });
    } finally {
      await node?.send("evm_setAutomine", [true]);
      await node?.send("hardhat_mine", []);
    }
  });
});
