import { expect } from "chai";
import { parseEther } from "ethers";

import { compareMesh } from "../../lib/mesh/check";
import { planMesh } from "../../lib/mesh/plan";
import { readMesh } from "../../lib/mesh/state";
import { openSteps } from "../../lib/mesh/step";
import { indexOf, pay } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { apply, openIds, passTimeAlone } from "../shared/meshFixture";
import { deployRouter } from "../shared/routers";
import { expectSuccess, reasonOf, useWorld } from "../shared/scenario";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

/** Chainlink replaces the router of a chain: what becomes of messages that are on their way then. */
describe(`A router that is replaced (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("1000"));
    await s.give(s.sat1, "bob", parseEther("500"));
  });

  describe("on a satellite", () => {
    it("is configured before CCIP uses it: everything arrives before, during and after [D25]", async () => {
      const s = scenario();
      await traffic(s, "5");
      const { address, declared, moveLanes } = await deployRouter(s, s.sat1);
      const { named, dropped } = routerSteps(s.sat1);
      expect(await openIds(declared.mesh)).to.deep.equal([...named, ...dropped]);
      // What is on its way stays there while the timelock waits.
      const sent = await applyAll(declared, "leave messages in flight");
      expect(sent).to.deep.equal(named);
      expect(await s.receiverOn(s.sat1).getRouter()).to.equal(address);
      expect(await waitingFor(declared)).to.deep.equal([
        `CCIP to move the lane to local-sat1: its OffRamp still delivers through ${s.sat1.ccip.router}`,
      ]);
      expectSuccess(await s.deliver());

      // Chainlink's turn, with messages under way that were sent through the old router.
      await traffic(s, "-2");
      await moveLanes();
      expectSuccess(await declared.deliver());
      expect(await applyAll(declared)).to.deep.equal(dropped);

      await traffic(declared, "3");
      expectSuccess(await declared.deliver());
      await expectSynced(declared, 4n);
    });

    it("keeps the previous one configured while it names no ramps itself", async () => {
      const s = scenario();
      const { declared } = await deployRouter(s, s.sat1, "no ramps");
      await applyAll(declared, "leave messages in flight");
      await s.rebase("5");
      expect(await waitingFor(declared)).to.deep.equal([
        `CCIP to move the lane to local-sat1: its OffRamp still delivers through ${s.sat1.ccip.router}`,
      ]);
    });

    it("is configured after CCIP uses it: broadcasts fail meanwhile and are executed by hand [D25, F4]", async () => {
      const s = scenario();
      await traffic(s, "5");
      const { address, declared, moveLanes } = await deployRouter(s, s.sat1);
      await moveLanes();
      const failed = (await declared.deliver()).filter(({ state }) => state === "failure");
      const reason = EXPECTED.refusedByReceiver(`InvalidRouter(router: ${address})`);
      expect(failed.map(reasonOf)).to.deep.equal([reason]);
      await s.expectConserved();

      const open = await openIds(declared.mesh);
      const { named, dropped } = routerSteps(s.sat1);
      expect(open).to.deep.equal([...named, ...dropped]);
      // No OffRamp hands anything over through the former router: it is dropped in the same run.
      expect(await applyAll(declared)).to.deep.equal(open);
      for (const { messageId } of failed) {
        const route = { from: declared.home, to: declared.sat1 };
        expectSuccess([await declared.executeManually(route, messageId)]);
      }
      await traffic(declared, "-2");
      expectSuccess(await declared.deliver());
      await expectSynced(declared, 3n);
    });

    it("is trusted beside the previous one only while needed: nothing is accepted through that afterwards", async () => {
      const s = scenario();
      await traffic(s, "5");
      const { declared } = await deployRouter(s, s.sat1);
      await applyAll(declared, "leave messages in flight");
      // The previous router is dropped too early.
      const owner = await s.timelock(s.sat1);
      await s.receiverOn(s.sat1, owner).dropPreviousRouter();
      const failed = (await s.deliver()).filter(({ state }) => state === "failure");
      const reason = EXPECTED.refusedByReceiver(`InvalidRouter(router: ${s.sat1.ccip.router})`);
      expect(failed.map(reasonOf)).to.deep.equal([reason]);

      // Named again, it brings what had failed.
      const { named, dropped } = routerSteps(s.sat1);
      expect(await applyAll(s)).to.deep.equal([...named, ...dropped]);
      for (const { messageId } of failed) {
        expectSuccess([await s.executeManually({ from: s.home, to: s.sat1 }, messageId)]);
      }
      await expectSynced(s, 2n);
    });
  });

  describe("at home", () => {
    it("takes no broadcast until it is configured, and nothing is charged; then all arrive [D25]", async () => {
      const s = scenario();
      await traffic(s, "5");
      const { address, declared, moveLanes } = await deployRouter(s, s.home);
      await moveLanes();
      await declared.rebaseHome("-2");
      const { lanes, paid } = await pay(s, "native");
      expect(lanes.map((lane) => "reason" in lane && lane.reason)).to.deep.equal([
        "MustBeCalledByRouter()",
        "MustBeCalledByRouter()",
      ]);
      expect(paid).to.deep.equal({ native: 0n, LINK: 0n });

      const { named, dropped } = routerSteps(s.home);
      expect(await applyAll(declared)).to.deep.equal([...named, ...dropped]);
      expect(await s.broadcaster().getRouter()).to.equal(address);
      await declared.broadcastAll();
      await transfers(declared);
      expectSuccess(await declared.deliver());
      await expectSynced(declared, 3n);
    });
  });
});

/** Steps that tell the contracts of a chain its new router, and those that make them drop the one before. */
function routerSteps({ name, contracts }: MeshChain): { named: string[]; dropped: string[] } {
  const of = (step: string, isThere: boolean) => (isThere ? [`${name}/${step}`] : []);
  const bridge = contracts.wrappedBridge !== undefined;
  const receiver = "receiver" in contracts;
  const proposals = {
    sender: "proposalSender" in contracts && contracts.proposalSender !== undefined,
    receiver: "proposalReceiver" in contracts && contracts.proposalReceiver !== undefined,
  };
  return {
    named: [
      ...of("pool/config", true),
      ...of("wrapped bridge/router", bridge),
      ...of("receiver/router", receiver),
      ...of("broadcaster/router", !receiver),
      ...of("proposal sender/router", proposals.sender),
      ...of("proposal receiver/router", proposals.receiver),
    ],
    // Home has no contract that takes messages but the bridge.
    dropped: [
      ...of("proposal receiver/previous router", proposals.receiver),
      ...of("wrapped bridge/previous router", bridge),
      ...of("receiver/previous router", receiver),
    ],
  };
}

/** A rebase with its broadcasts, and tokens in both directions: all of it sent, nothing delivered. */
async function traffic(s: Scenario, percent: string): Promise<void> {
  const effectiveAt = await s.rebaseHome(percent);
  await s.broadcastAll();
  await transfers(s);
  await s.waitUntil(effectiveAt);
}

async function transfers(s: Scenario): Promise<void> {
  await s.refillBuckets();
  await s.send({ from: s.home, to: s.sat1 }, "alice", AMOUNT);
  await s.send({ from: s.sat1, to: s.home }, "bob", AMOUNT);
}

/** Applies the plan through the timelocks. @returns the steps that were made, the proposals left aside. */
async function applyAll(s: Scenario, inFlight?: "leave messages in flight"): Promise<string[]> {
  const sent: string[] = [];
  await apply(s, {
    onSent: ({ id }) => sent.push(id),
    ...(inFlight && { whileWaiting: (steps) => passTimeAlone(s, steps) }),
  });
  return sent.filter((id) => !id.includes("/timelock/propose "));
}

/** Lists the obstacles of the open steps, each once. */
async function waitingFor({ mesh }: Scenario): Promise<string[]> {
  const open = openSteps(planMesh(mesh, await readMesh(mesh)));
  return [
    ...new Set(open.map(({ status }) => (status.kind === "waiting" ? status.reason : status.kind))),
  ];
}

/** Every chain is at the epoch with the same index, every share is counted, and the mesh is as declared. */
async function expectSynced(s: Scenario, epoch: bigint): Promise<void> {
  const indexes = await Promise.all(s.all.map((chain) => indexOf(s, chain)));
  expect(indexes[0]?.epoch).to.equal(epoch);
  for (const index of indexes) expect(index).to.deep.equal(indexes[0]);
  await s.expectConserved();
  expect((await compareMesh(s.mesh)).differences).to.deep.equal([]);
}
