import { expect } from "chai";

import { chainsOf } from "../../../lib/core/mesh/mesh";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import type { MeshState } from "../../../lib/mesh/state";
import { openSteps, readySteps } from "../../../lib/mesh/step";
import type { Step } from "../../../lib/mesh/step";
import { loadFixture } from "../../shared/fixture";
import { deployedMeshFixture, wiredMeshFixture } from "../../shared/meshFixture";

const isOpening = ({ id }: Pick<Step, "id">) => id.endsWith("/registry/pool");
const isHandover = ({ id }: Pick<Step, "id">) => /\/offer$|\/timelock\/|handover delay$/.test(id);

describe("The plan of a mesh", () => {
  let freshIds: string[];
  before(async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    freshIds = planMesh(mesh, await readMesh(mesh)).map(({ id }) => id);
  });

  it("opens no lane before every chain is wired and every satellite synced [H8]", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const plan = planMesh(mesh, await readMesh(mesh));
    const openings = plan.filter(isOpening);
    // The tokens are at home, which opens last, when every satellite can receive them.
    expect(openings.map(({ chain }) => chain)).to.deep.equal([
      ...mesh.satellites.map(({ name }) => name),
      mesh.home.name,
    ]);
    const wiring = plan.filter((step) => !isOpening(step) && !isHandover(step));
    expect(wiring.map(({ id }) => id)).to.include.members([
      ...mesh.satellites.map(({ name }) => `${mesh.home.name}/broadcaster/genesis ${name}`),
      ...mesh.satellites.map(({ name }) => `${name}/receiver/source`),
      ...chainsOf(mesh).map(({ name }) => `${name}/token/BRIDGE_ROLE`),
    ]);
    for (const { id, after } of openings) {
      const ahead = id.startsWith(`${mesh.home.name}/`)
        ? mesh.satellites.map(({ name }) => `${name}/registry/pool`)
        : [];
      expect([...after], id).to.have.members([...ahead, ...wiring.map((step) => step.id)]);
    }
  });

  it("sends a satellite its first index only when it would be accepted", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const plan = planMesh(mesh, await readMesh(mesh));
    for (const { name } of mesh.satellites) {
      const genesis = plan.find(({ id }) => id === `${mesh.home.name}/broadcaster/genesis ${name}`);
      expect([...(genesis?.after ?? [])]).to.have.members([
        `${mesh.home.name}/broadcaster/router`,
        `${mesh.home.name}/broadcaster/destination ${name}`,
        `${name}/receiver/router`,
        `${name}/receiver/source`,
        `${name}/token/REBASER_ROLE`,
      ]);
    }
  });

  it("hands over last, and proposes before it accepts", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const plan = planMesh(mesh, await readMesh(mesh));
    const before = plan.filter((step) => !isHandover(step)).map(({ id }) => id);
    for (const { id, after } of plan.filter((step) => step.id.endsWith("/offer"))) {
      expect([...after], id).to.have.members(before);
    }
    for (const { name } of chainsOf(mesh)) {
      const offers = plan.filter(({ id }) => id.startsWith(`${name}/`) && id.endsWith("/offer"));
      const propose = plan.find(({ id }) => id === `${name}/timelock/propose`);
      const accept = plan.find(({ id }) => id === `${name}/timelock/accept`);
      expect([...(propose?.after ?? [])]).to.have.members(offers.map(({ id }) => id));
      expect(accept?.after).to.deep.equal([propose?.id]);
    }
  });

  it("starts with unconditional steps only", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const plan = planMesh(mesh, await readMesh(mesh));
    const ready = readySteps(plan);
    expect(ready).to.not.be.empty;
    for (const { id, after, status } of ready) {
      expect(after, id).to.be.empty;
      expect(status.kind, id).to.equal("todo");
    }
    // Grants by a timelock to itself only wait for its delay.
    const wiring = ready.filter(({ id }) => !id.includes("/timelock/CANCELLER_ROLE"));
    expect(wiring.some((step) => isOpening(step) || isHandover(step))).to.equal(false);
  });

  for (const [title, fixture] of [
    ["as deployed", deployedMeshFixture],
    ["as wired", wiredMeshFixture],
  ] as const) {
    describe(title, () => {
      it("depends on the state alone, and does not modify it", async () => {
        const { mesh } = await loadFixture(fixture);
        const state = await readMesh(mesh);
        const before = copyOf(state);
        const plan = planMesh(mesh, state);
        expect(planMesh(mesh, state)).to.deep.equal(plan);
        expect(planMesh(mesh, before)).to.deep.equal(plan);
        expect(state).to.deep.equal(before);
      });

      it("names every step once, with dependencies inside the plan", async () => {
        const { mesh } = await loadFixture(fixture);
        const plan = planMesh(mesh, await readMesh(mesh));
        const ids = plan.map(({ id }) => id);
        expect(new Set(ids).size).to.equal(ids.length);
        for (const { id, after } of plan) {
          expect(ids.slice(0, ids.indexOf(id)), `before ${id}`).to.include.members([...after]);
        }
      });

      it("names a chain of the mesh and an account of it in every step", async () => {
        const { mesh } = await loadFixture(fixture);
        const names = chainsOf(mesh).map(({ name }) => name);
        for (const { id, chain, call } of planMesh(mesh, await readMesh(mesh))) {
          expect(names, id).to.include(chain);
          expect(call.to, id).to.match(/^0x[0-9a-fA-F]{40}$/);
          expect(call.from, id).to.match(/^0x(?!0{40})[0-9a-fA-F]{40}$/);
        }
      });
    });
  }

  describe("when complete", () => {
    it("has no open step for a wired mesh, and names the same steps", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      const state = await readMesh(mesh);
      const plan = planMesh(mesh, state);
      expect(openSteps(plan)).to.be.empty;
      expect(readySteps(plan)).to.be.empty;
      expect(plan.map(({ id }) => id)).to.deep.equal(freshIds);
    });
  });
});

/** Returns a deep copy of a state. */
function copyOf(state: MeshState): MeshState {
  return structuredClone(state);
}
