import { expect } from "chai";
import { parseEther } from "ethers";
import { toRouterMessage } from "ccip-localnet/protocol";
import type { VerificationSource } from "ccip-localnet/protocol";

import { executeManually } from "../../shared/executeManually";
import { compareMesh } from "../../../lib/mesh/check";
import { loadFixture } from "../../shared/fixture";
import {
  SAFE,
  allowBy,
  anotherResolver,
  applied,
  byTimelock,
  expectInOrder,
  extraArgsV3,
  sendFast,
  sendWith,
  wired,
  withLanes,
} from "../../shared/lanePermissions";
import { apply, deployedMeshFixture, openIds, passTimeAlone } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { withNewPools } from "../../shared/newPools";
import { Scenario, expectSuccess, reasonOf } from "../../shared/scenario";

const OUT = "local-home -> local-sat1";
const ONE = parseEther("1");
const FAST = { [OUT]: { finality: "safe", capacity: "100", rate: "1" } } as const;

describe("The permissions of a lane of CCIP 2.0", () => {
  describe("faster-than-finality transfers", () => {
    it("are allowed at the receiving end first, have their own limit, and are drained before they are disabled", async () => {
      const world = await loadFixture(on20Fixture);
      const opened = withLanes(world, { fast: FAST });
      const sent = await applied(opened);
      expectInOrder(sent, [
        "local-sat1/pool/fast room for local-home",
        "local-home/pool/fast limits local-sat1",
      ]);
      expectInOrder(sent, ["local-sat1/pool/finality", "local-home/pool/fast limits local-sat1"]);
      expect(await openIds(opened.mesh)).to.deep.equal([]);
      const s = new Scenario(opened);
      await sendFast(s, ONE);
      expectSuccess(await s.deliver());
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);

      await sendFast(s, ONE);
      const closing = await applied(world);
      expectInOrder(closing, [
        "local-home/pool/fast limits local-sat1",
        "local-sat1/pool/close fast to local-home",
        "local-sat1/pool/finality",
      ]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(2n * ONE);
      await expect(sendFast(new Scenario(world), ONE)).to.be.rejected;
      await s.expectConserved();
    });

    it("that arrive at a pool without permission wait for its timelock; then anyone executes them [K14]", async () => {
      const world = await loadFixture(on20Fixture);
      const s = new Scenario(world);
      await allowBy(world, "local-home");
      const message = await sendFast(s, ONE);
      const [failed] = await s.deliver();
      expect(failed?.state).to.equal("failure");
      expect(reasonOf(failed ?? { returnData: "0x" })).to.contain("InvalidRequestedFinality");
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(0n);
      await s.expectConserved();
      const route = { from: s.home, to: s.sat1 };
      await expect(s.executeManually(route, message.messageId)).to.be.rejected;

      const { differences } = await compareMesh(world.mesh);
      expect(differences.map(({ id }) => id)).to.include("local-home/pool/finality");
      await allowBy(world, "local-sat1");
      expectSuccess([await s.executeManually(route, message.messageId)]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);
      await expect(s.executeManually(route, message.messageId)).to.be.rejectedWith(/executed/);
      await s.expectConserved();
    });

    it("that wait for one finality arrive before the pools allow only another", async () => {
      const world = await loadFixture(on20Fixture);
      await applied(withLanes(world, { fast: FAST }));
      const s = new Scenario(world);
      await sendFast(s, ONE);
      const deeper = withLanes(world, { fast: { [OUT]: { ...FAST[OUT], finality: 10 } } });
      await applied(deeper);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);
      await expect(sendFast(s, ONE)).to.be.rejected;
      expect(await openIds(deeper.mesh)).to.deep.equal([]);
      await s.expectConserved();
    });

    it("never reach a receiver of broadcasts", async () => {
      const world = await loadFixture(on20Fixture);
      const s = new Scenario(world);
      await applied(withLanes(world, { fast: FAST }));
      const data = toRouterMessage({
        receiver: s.sat1.contracts.receiver,
        data: "0x1234",
        gasLimit: 500_000n,
      });
      await sendWith(s, { ...data, extraArgs: extraArgsV3(500_000, SAFE) });
      const [failed] = await s.deliver();
      expect(failed?.state).to.not.equal("success");
      expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
    });

    for (const [what, fixture, drift] of [
      ["on lanes of CCIP 1.6", on16Fixture, "local-home/lane to local-sat1/CCIP version"],
      ["through pools of generation 1", generation1Fixture, "local-home/pool/generation"],
    ] as const) {
      it(`are refused ${what}, and so are a lane's verifiers`, async () => {
        const world = await loadFixture(fixture);
        const verifier = world.mesh.home.contracts.token;
        for (const lanes of [
          { fast: FAST },
          { verifiers: { [OUT]: { source: [verifier], destination: [] } } },
        ]) {
          const { mesh } = withLanes(world, lanes);
          const { differences } = await compareMesh(mesh);
          expect(differences.map(({ id }) => id)).to.include(drift);
          await apply(withLanes(world, lanes), { whileWaiting: () => Promise.resolve(false) });
          expect(await openIds(mesh)).to.include(drift);
          const { differences: without } = await compareMesh(world.mesh);
          const left = without.map(({ id }) => id);
          expect(left.filter((id) => id.startsWith("local-home/pool/fast"))).to.be.empty;
          expect(left.filter((id) => id.includes("verifiers"))).to.be.empty;
        }
      });
    }
  });

  describe("another verifier", () => {
    it("is requested at the source, awaited for earlier messages, then required; and removed in reverse order", async () => {
      const world = await loadFixture(on20Fixture);
      const s = new Scenario(world);
      const route = { from: s.home, to: s.sat1 };
      const [source, destination] = [
        await anotherResolver(s, s.home),
        await anotherResolver(s, s.sat1),
      ];
      await s.send(route, "alice", ONE, s.address("bob"));
      const required = withLanes(world, {
        verifiers: { [OUT]: { source: [source], destination: [destination] } },
      });
      const sent = await applied(required);
      expectInOrder(sent, [
        "local-home/pool/verifiers to local-sat1",
        "local-sat1/pool/verifiers from local-home",
      ]);
      // The message that had left without the result was accepted before.
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);

      const { message } = await s.send(route, "alice", ONE, s.address("bob"));
      await s.verify(route);
      expect((await s.executeManually(route, message.messageId)).state).to.equal("failure");
      const both = alsoBy(s, destination);
      const thirdParty = s.signer(s.sat1, "thirdParty");
      expectSuccess([
        await executeManually(s.lane(route), message.messageId, thirdParty, {}, both),
      ]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(2n * ONE);

      expectInOrder(await applied(world), [
        "local-sat1/pool/verifiers from local-home",
        "local-home/pool/former verifiers to local-sat1",
      ]);
      await s.send(route, "alice", ONE, s.address("bob"));
      expectSuccess(await s.deliver());
      await s.expectConserved();
    });

    it("is required and requested by replacement pools from their first message on", async () => {
      const world = await loadFixture(on20Fixture);
      const s = new Scenario(world);
      const route = { from: s.home, to: s.sat1 };
      const [source, destination] = [
        await anotherResolver(s, s.home),
        await anotherResolver(s, s.sat1),
      ];
      const required = withLanes(world, {
        verifiers: { [OUT]: { source: [source], destination: [destination] } },
      });
      await applied(required);
      const { message } = await s.send(route, "alice", ONE, s.address("bob"));
      await s.verify(route);

      const replaced = await withNewPools(required, "local-home", "local-sat1");
      const sent: string[] = [];
      await apply(replaced, {
        onSent: ({ id }) => sent.push(id),
        whileWaiting: (steps) => passTimeAlone(replaced, steps),
      });
      expect(sent).to.include.members(["local-home/registry/pool", "local-sat1/registry/pool"]);
      // The lane's default verifier alone is not sufficient, neither for the old pool nor for the new one.
      expect((await s.executeManually(route, message.messageId)).state).to.equal("failure");
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(0n);
      const later = await s.send(route, "alice", ONE, s.address("bob"));
      await s.verify(route);
      for (const { messageId } of [message, later.message]) {
        const thirdParty = s.signer(s.sat1, "thirdParty");
        const both = alsoBy(s, destination);
        expectSuccess([await executeManually(s.lane(route), messageId, thirdParty, {}, both)]);
      }
      expect(later.message.version === "2.0" && later.message.verifiers).to.include(source);
      await applied(replaced);
      expect(await openIds(replaced.mesh)).to.deep.equal([]);
      await s.expectConserved();
    });

    it("is requested and required before a lane of a new mesh opens", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const s = new Scenario(world);
      const source = await anotherResolver(s, s.home);
      const destination = await anotherResolver(s, s.sat1);
      const verifiers = { [OUT]: { source: [source], destination: [destination] } };
      const sent = await applied(withLanes(world, { verifiers }));
      const asks = "local-home/pool/verifiers to local-sat1";
      expectInOrder(sent, [
        asks,
        "local-sat1/pool/verifiers from local-home",
        "local-sat1/registry/pool",
      ]);
      expectInOrder(sent, [asks, "local-home/registry/pool"]);
    });

    it("that is required too early blocks messages in flight until the timelock removes the requirement", async () => {
      const world = await loadFixture(on20Fixture);
      const s = new Scenario(world);
      const route = { from: s.home, to: s.sat1 };
      const { message } = await s.send(route, "alice", ONE, s.address("bob"));
      const verifier = await anotherResolver(s, s.sat1);
      await byTimelock(world, "local-sat1", "setVerifiers", [s.home.selector, 1, [verifier]]);
      await s.verify(route);
      expect((await s.executeManually(route, message.messageId)).state).to.equal("failure");
      await s.expectConserved();
      await byTimelock(world, "local-sat1", "setVerifiers", [s.home.selector, 1, []]);
      expectSuccess([await s.executeManually(route, message.messageId)]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);
      await s.expectConserved();
    });
  });
});

/** Returns the local committee's results, as its own and as those of another verifier. */
function alsoBy(s: Scenario, verifier: string): VerificationSource {
  return {
    verificationsOf: async (id) => {
      const [own] = await s.ccip.verificationsOf(id);
      return own ? [own, { verifier, results: own.results }] : [];
    },
  };
}

function on20Fixture(): Promise<MeshWorld> {
  return wired("2.0");
}

function on16Fixture(): Promise<MeshWorld> {
  return wired("1.6");
}

function generation1Fixture(): Promise<MeshWorld> {
  return wired("2.0", "local-home", "local-sat1", "local-sat2");
}
