import { expect } from "chai";
import { parseEther } from "ethers";
import type { Delivery } from "ccip-localnet";
import type { CcipVersion } from "ccip-localnet/protocol";

import { wireMesh } from "../../../lib/localnet/wiring";
import { showLimits } from "../../../lib/cli/limits/show";
import { checkMesh } from "../../../lib/cli/mesh/check";
import { chainsOf, peersOf } from "../../../lib/core/mesh/mesh";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { readMesh } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { auditSupply, isConserved } from "../../../lib/supply/audit";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import { apply, passTimeAlone } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { withNewPools, withPoolsOfGeneration1 } from "../../shared/newPools";
import { Scenario, expectSuccess } from "../../shared/scenario";
import { unwiredIn } from "../../shared/world";

const AMOUNT = parseEther("10");

describe("A mesh whose pools are of generation 1", () => {
  for (const [version, fixture] of [
    ["1.6", on16Fixture],
    ["2.0", on20Fixture],
  ] as const) {
    describe(`on CCIP ${version}`, () => {
      it("is wired, read, checked, limited and audited by the same tools", async () => {
        const world = await loadFixture(fixture);
        const { mesh } = world;
        expect(await generations(mesh)).to.deep.equal([1, 1, 1]);
        await expectToolsToRead(world, "matches");
        const s = new Scenario(world);
        await sendEverywhere(s);
        expectSuccess(await s.deliver());
        await s.expectConserved();
      });

      it("moves to generation 2 by the plan, with messages in flight both ways before, between and after", async () => {
        const before = await loadFixture(fixture);
        await sendEverywhere(new Scenario(before));
        const [home = "", sat1 = "", sat2 = ""] = chainsOf(before.mesh).map(({ name }) => name);

        // One end first, so that a lane has a pool of each generation.
        const oneEnd = await withNewPools(before, home);
        await expectToolsToRead(oneEnd, "differs");
        const first = await move(oneEnd);
        expect(await generations(oneEnd.mesh)).to.deep.equal([2, 1, 1]);
        await expectToolsToRead(oneEnd, "matches");
        expect(first.delivered).to.have.length(6);
        const between = new Scenario(oneEnd);
        await between.rebase("5");
        await sendEverywhere(between);

        // Then both others at once: each is added to the other before its registry names it.
        const all = await withNewPools(oneEnd, sat1, sat2);
        const second = await move(all);
        expect(await generations(all.mesh)).to.deep.equal([2, 2, 2]);
        expect(second.delivered).to.have.length(6);
        for (const moved of [sat1, sat2]) {
          for (const peer of peersOf(
            all.mesh,
            chainsOf(all.mesh).find((c) => c.name === moved) ?? all.mesh.home,
          )) {
            const known = second.sent.indexOf(`${peer.name}/pool/remote ${moved}`);
            expect(known, `${peer.name} knows the new pool of ${moved}`).to.be.at.least(0);
            expect(known).to.be.below(second.sent.indexOf(`${moved}/registry/pool`));
          }
        }
        await expectToolsToRead(all, "matches");
        await expectForgotten(all.mesh, before.mesh);

        const after = new Scenario(all);
        await sendEverywhere(after);
        expectSuccess(await after.deliver());
        await after.expectConserved();
      });
    });
  }
});

/** Wires a mesh with generation 1 pools, and gives alice tokens on every chain. */
async function generation1(version: CcipVersion): Promise<MeshWorld> {
  const deployed = await loadFixture(unwiredIn[version]);
  const names = chainsOf(deployed.mesh).map(({ name }) => name);
  const world = await withPoolsOfGeneration1(deployed, ...names);
  await wireMesh(world.mesh, world);
  const s = new Scenario(world);
  for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  return world;
}

function on16Fixture(): Promise<MeshWorld> {
  return generation1("1.6");
}

function on20Fixture(): Promise<MeshWorld> {
  return generation1("2.0");
}

async function generations(mesh: Mesh): Promise<number[]> {
  return [...(await readMesh(mesh)).values()].map(({ pool }) => pool.generation);
}

/** Expects `mesh check`, `limits show` and `supply audit` to support pools of either generation. */
async function expectToolsToRead(world: MeshWorld, verdict: "matches" | "differs"): Promise<void> {
  const { context, output } = contextAt(world);
  const { differences } = await checkMesh(context, { json: true }, output);
  expect(differences.length === 0 ? "matches" : "differs").to.equal(verdict);
  const { lanes } = await showLimits(context, { json: true }, output);
  expect(lanes).to.have.length(6);
  expect(isConserved(await auditSupply(world.mesh))).to.equal(true);
}

async function sendEverywhere(s: Scenario): Promise<void> {
  for (const from of s.all) {
    for (const to of peersOf(s.mesh, from)) {
      await s.send({ from, to }, "alice", AMOUNT, s.address("bob"));
    }
  }
}

/** Executes the whole plan; messages are delivered only while an old pool drains. */
async function move(world: MeshWorld): Promise<{ sent: string[]; delivered: Delivery[] }> {
  const sent: string[] = [];
  const delivered: Delivery[] = [];
  const isTimed = ({ status }: Step) => status.kind === "waiting" && status.until !== undefined;
  const { open } = await apply(world, {
    onSent: ({ id }) => sent.push(id),
    whileWaiting: async (steps) => {
      if (steps.every(isTimed)) return passTimeAlone(world, steps);
      delivered.push(...(await world.ccip.deliver()));
      return true;
    },
  });
  expect(open).to.be.empty;
  expectSuccess(delivered);
  return { sent, delivered };
}

/** Expects no previous pool to be able to mint or to be known to a pool in use. */
async function expectForgotten(mesh: Mesh, before: Mesh): Promise<void> {
  const old = chainsOf(before).map(({ contracts }) => contracts.pool);
  for (const now of (await readMesh(mesh)).values()) {
    expect(now.previousPools.filter(({ mayMint, inUse }) => mayMint || inUse)).to.be.empty;
    const known = [...now.pool.remotes.values()].flatMap(({ pools }) => pools);
    expect(known.filter((pool) => old.includes(pool))).to.be.empty;
  }
}
