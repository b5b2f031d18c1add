import { expect } from "chai";
import { id, parseEther } from "ethers";
import { localAccount } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { encodeAddress } from "ccip-localnet/protocol";

import { coreMesh } from "../../../config/meshes/local";
import { signerFor } from "../../../lib/localnet/wiring";
import type { ApplyOptions } from "../../../lib/mesh/apply";
import { compareMesh } from "../../../lib/mesh/check";
import { ccipAbi } from "../../../lib/core/abis";
import { requireChain, chainsOf, peersOf } from "../../../lib/core/mesh/mesh";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { readPlan } from "../../../lib/mesh/read";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import type { Step } from "../../../lib/mesh/step";
import { RebaseTokenPool__factory, RebaseToken__factory } from "../../../typechain-types";
import { EXPECTED } from "../../shared/ccipExpectations";
import { loadFixture } from "../../shared/fixture";
import {
  KilledError,
  CrashingSigner,
  apply,
  impersonated,
  openIds,
  passTimeAlone,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { withNewPools } from "../../shared/newPools";
import { Scenario, expectConserved, expectSuccess, reasonOf } from "../../shared/scenario";
import { sendToNoAvail } from "../../shared/undeliverable";

const AMOUNT = parseEther("10");

/** A wired mesh with holders on every chain, and a message in flight on every lane. */
async function busyFixture(): Promise<MeshWorld> {
  const world = await loadFixture(wiredMeshFixture);
  const s = new Scenario(world);
  for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  await sendEverywhere(s);
  return world;
}

async function sendEverywhere(s: Scenario): Promise<void> {
  for (const route of routes(s)) await s.send(route, "alice", AMOUNT, s.address("bob"));
}

function routes({ mesh }: Pick<Scenario, "mesh">) {
  return chainsOf(mesh).flatMap((from) => peersOf(mesh, from).map((to) => ({ from, to })));
}

/** Runs apply once, and returns the sent steps and the deliveries: messages arrive only while old pools drain. */
async function replace(world: MeshWorld, options: Partial<ApplyOptions> = {}) {
  const sent: string[] = [];
  const delivered: Delivery[] = [];
  const { open } = await apply(world, {
    ...options,
    onSent: ({ id: stepId }) => sent.push(stepId),
    whileWaiting: async (steps) => {
      delivered.push(...(await pass(world, steps)));
      return true;
    },
  });
  return { sent, delivered, open: open.map((step) => step.id) };
}

async function pass(world: MeshWorld, steps: readonly Step[]): Promise<Delivery[]> {
  const isTimed = ({ status }: Step) => status.kind === "waiting" && status.until !== undefined;
  if (!steps.every(isTimed)) return world.ccip.deliver();
  await passTimeAlone(world, steps);
  return [];
}

/** Expects the mesh to match its mesh file, without remains of the old pool. */
async function expectReplaced(world: MeshWorld, before: Mesh, network: string): Promise<void> {
  const { mesh } = world;
  const chain = requireChain(mesh, network);
  const old = requireChain(before, network).contracts.pool;
  const token = RebaseToken__factory.connect(chain.contracts.token, chain.provider);
  expect(await openIds(mesh)).to.be.empty;
  expect(await token.hasRole(id("BRIDGE_ROLE"), old), "role of the old pool").to.equal(false);
  expect(await token.sharesOf(old), "shares on the old pool").to.equal(0n);
  const state = await readMesh(mesh);
  const { pool, registry } = stateOf(state, chain);
  expect(registry.pool).to.equal(chain.contracts.pool).and.not.equal(old);
  expect(pool.owner).to.equal(chain.contracts.timelock);
  for (const peer of peersOf(mesh, chain)) {
    const { pools } = stateOf(state, peer).pool.remotes.get(chain.selector) ?? {};
    expect(pools, `pools of ${network} on ${peer.name}`).to.deep.equal([chain.contracts.pool]);
  }
  await expectConserved(mesh);
}

const oldPool = (mesh: Mesh, at: string, of: string) =>
  `${at}/pool/old pool ${requireChain(mesh, of).contracts.pool} of ${of}`;

/** Returns the id of the step that proposes another one to a chain's timelock. */
const proposed = (chain: string, step: string) =>
  step.replace(`${chain}/`, `${chain}/timelock/propose `);

const CASES = [
  { network: "local-home", peers: ["local-sat1", "local-sat2"] },
  { network: "local-sat1", peers: ["local-home", "local-sat2"] },
] as const;

describe("Replacing a pool, with messages in flight on every lane", () => {
  for (const { network, peers } of CASES) {
    describe(`on ${network}`, () => {
      it("informs the peers first, takes the role once the pool is unused, drains and removes it; all messages arrive [C19, C20, F3]", async () => {
        const world = await loadFixture(busyFixture);
        const before = world.mesh;
        const replaced = await withNewPools(world, network);
        const { sent, delivered, open } = await replace(replaced);
        expect(open).to.be.empty;
        expect(delivered).to.have.length(6);
        expectSuccess(delivered);

        const old = requireChain(before, network).contracts.pool;
        expectInOrder(sent, [
          ...peers.map((peer) => `${network}/pool/remote ${peer}`),
          `${network}/pool/config`,
          `${network}/pool/offer`,
          `${network}/timelock/accept`,
          `${network}/token/BRIDGE_ROLE`,
          `${network}/registry/pool`,
          `${network}/token/unexpected BRIDGE_ROLE ${old}`,
        ]);
        expectInOrder(sent, [
          `${network}/registry/pool`,
          ...peers.map((peer) => proposed(peer, oldPool(before, peer, network))),
          ...peers.map((peer) => oldPool(before, peer, network)),
        ]);
        expectInOrder(sent, [
          ...peers.map((peer) => `${peer}/pool/remote ${network}`),
          `${network}/registry/pool`,
        ]);
        await expectReplaced(replaced, before, network);
        expect(await replace(replaced)).to.deep.equal({ sent: [], delivered: [], open: [] });

        const s = new Scenario(replaced);
        await sendEverywhere(s);
        expectSuccess(await s.deliver());
        await s.expectConserved();
      });

      it("killed after every step and run again: every message sent meanwhile arrives", async () => {
        const world = await loadFixture(busyFixture);
        const before = world.mesh;
        const replaced = await withNewPools(world, network);
        const s = new Scenario(replaced);
        const ways = routes(s);
        const delivered: Delivery[] = [];
        let runs = 0;
        for (; ; runs++) {
          const life = { sends: 1 };
          try {
            await apply(replaced, {
              signerFor: async (chain, account) =>
                new CrashingSigner(await signerFor(chain, account), life),
              whileWaiting: async (steps) => {
                delivered.push(...(await pass(replaced, steps)));
                return true;
              },
            });
            break;
          } catch (error) {
            if (!(error instanceof KilledError)) throw error;
          }
          await s.expectConserved();
          const way = ways[runs % ways.length];
          if (way) await s.send(way, "alice", AMOUNT, s.address("bob"));
        }
        delivered.push(...(await s.deliver()));
        expect(runs).to.equal(20);
        expect(delivered).to.have.length(6 + runs);
        expectSuccess(delivered);
        await expectReplaced(replaced, before, network);
      });
    });
  }

  it("at both ends of a lane at once: current pools know the new ones, and new ones the current", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-home", "local-sat1");
    const s = new Scenario(replaced);
    const delivered: Delivery[] = [];
    const sent: string[] = [];
    const { open } = await apply(replaced, {
      onSent: ({ id: stepId }) => sent.push(stepId),
      whileWaiting: async (steps) => {
        delivered.push(...(await pass(replaced, steps)));
        return true;
      },
      signerFor: async (chain, account) => {
        // Transfers still work between the times at which the two registries name the new pools.
        if (sent.at(-1)?.endsWith("/registry/pool")) {
          await sendEverywhere(s);
          delivered.push(...(await s.deliver()));
        }
        return signerFor(chain, account);
      },
    });
    expect(open).to.be.empty;
    expect(sent).to.include.members([
      "local-home/pool in use/remote local-sat1",
      "local-sat1/pool in use/remote local-home",
    ]);
    delivered.push(...(await s.deliver()));
    expectSuccess(delivered);
    for (const network of ["local-home", "local-sat1"]) {
      await expectReplaced(replaced, world.mesh, network);
    }
  });

  it("one end after the other: the second new pool accepts the messages of the first old one", async () => {
    const world = await loadFixture(busyFixture);
    const first = await withNewPools(world, "local-home");
    // Everything except for drains: the messages of the old pool stay in flight.
    await apply(first, { whileWaiting: timeAlone(first) });
    expect(await openWaiting(first.mesh)).to.have.members([
      oldPool(world.mesh, "local-sat1", "local-home"),
      oldPool(world.mesh, "local-sat2", "local-home"),
    ]);

    const second = await withNewPools(first, "local-sat1");
    await apply(second, { whileWaiting: timeAlone(second) });
    const { sent, delivered, open } = await replace(second);
    expect(open).to.be.empty;
    expect(delivered).to.have.length(6);
    expectSuccess(delivered);
    expect(sent).to.include(oldPool(world.mesh, "local-sat1", "local-home"));
    await expectReplaced(second, world.mesh, "local-home");
    await expectReplaced(second, world.mesh, "local-sat1");
  });

  it("removes no old pool while its messages are in flight, and names them; with --allow-destructive they fail", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-home");
    const s = new Scenario(replaced);
    await apply(replaced, { whileWaiting: timeAlone(replaced) });
    const { steps, inFlight } = await readPlan(replaced.mesh);
    const step = steps.find(
      ({ id: stepId }) => stepId === oldPool(world.mesh, "local-sat1", "local-home"),
    );
    const [message] = inFlight.get("local-home -> local-sat1") ?? [];
    expect(step?.status).to.deep.equal({
      kind: "waiting",
      cause: "drain",
      reason: `1 message to arrive, sent by the old pool on local-home -> local-sat1: ${message?.messageId}`,
    });
    const old = world.mesh.home.contracts.pool;
    const { open } = await replace(replaced, { allowDestructive: true });
    expect(open).to.be.empty;
    await expectReplaced(replaced, world.mesh, "local-home");
    const failed = (await s.deliver()).filter(({ state }) => state === "failure");
    expect(failed.map(reasonOf)).to.deep.equal(
      replaced.mesh.satellites.map((chain) =>
        EXPECTED.refusedByPool(
          chain,
          `InvalidSourcePoolAddress(sourcePoolAddress: ${encodeAddress(old)})`,
        ),
      ),
    );
    await s.expectConserved();
  });

  it("revokes the old pool's role with messages in flight, which arrive through the new one [C20, F3]", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-home");
    const s = new Scenario(replaced);
    const { home } = replaced.mesh;
    const old = world.mesh.home.contracts.pool;
    await apply(replaced, { whileWaiting: timeAlone(replaced) });
    expect(await s.tokenOn(home).hasRole(id("BRIDGE_ROLE"), old)).to.equal(false);
    const delivered = await s.deliver();
    expect(delivered).to.have.length(6);
    expectSuccess(delivered);
    await s.expectConserved();
    expect((await replace(replaced)).open).to.be.empty;
    await expectReplaced(replaced, world.mesh, "local-home");
  });

  it("revokes the role although a message can never arrive; removing the pool requires --allow-destructive, which is reported", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const s = new Scenario(world);
    await sendToNoAvail(s, { from: s.home, to: s.sat1 });
    const replaced = await withNewPools(world, "local-home");
    const forgetting = oldPool(world.mesh, "local-sat1", "local-home");
    expect((await replace(replaced)).open).to.deep.equal([forgetting]);
    const old = world.mesh.home.contracts.pool;
    const { home } = replaced.mesh;
    expect(await s.tokenOn(home).hasRole(id("BRIDGE_ROLE"), old)).to.equal(false);
    const { steps } = await readPlan(replaced.mesh);
    expect(steps.find(({ id: stepId }) => stepId === forgetting)?.status)
      .to.have.property("reason")
      .that.includes("or for permission (--allow-destructive) to give it up");
    expect((await replace(replaced, { allowDestructive: true })).open).to.be.empty;
    await expectReplaced(replaced, world.mesh, "local-home");
  });

  it("revokes the role although a third party repeatedly sends dust to the old pool", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-sat1");
    const s = new Scenario(replaced);
    const old = requireChain(world.mesh, "local-sat1").contracts.pool;
    const token = s.tokenOn(s.sat1, "alice");
    await (await token.transfer(old, AMOUNT)).wait();
    let drops = 0;
    const { open } = await apply(replaced, {
      whileWaiting: async (steps) => {
        drops += 1;
        await (await token.transfer(old, 1n)).wait();
        await pass(replaced, steps);
        return drops < 20;
      },
    });
    expect(open).to.be.empty;
    expect(await token.hasRole(id("BRIDGE_ROLE"), old)).to.equal(false);
    expect(await token.balanceOf(s.address("operations"))).to.be.at.least(AMOUNT);
    expect(await openIds(replaced.mesh)).to.be.empty;
  });

  it("waits for an operator when a message failed, and continues once it was executed by hand", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-home");
    const s = new Scenario(replaced);
    const { sat1, home } = s;
    await (await s.tokenOn(sat1, "guardian").pause()).wait();
    const delivered = await s.deliver();
    const failed = delivered.filter(({ state }) => state === "failure");
    expect(failed).to.have.length(2);
    await apply(replaced, { whileWaiting: timeAlone(replaced) });
    const toSat1 = oldPool(world.mesh, "local-sat1", "local-home");
    const plan = await readPlan(replaced.mesh);
    const step = plan.steps.find(({ id: stepId }) => stepId === toSat1);
    const [message] = plan.inFlight.get("local-home -> local-sat1") ?? [];
    expect(step?.status).to.deep.equal({
      kind: "waiting",
      cause: "repair",
      reason: `manual execution of failed messages, sent by the old pool on local-home -> local-sat1: ${message?.messageId}; or for permission (--allow-destructive) to give it up`,
    });
    // A run does not wait for signers.
    expect((await replace(replaced)).open).to.include(toSat1);

    await (await s.tokenOn(sat1, "operations").unpause()).wait();
    for (const from of [home, s.sat2]) {
      const route = { from, to: sat1 };
      const { messageId } = failed.find(({ source }) => source === from.name) ?? {};
      expectSuccess([await s.executeManually(route, messageId ?? "")]);
    }
    expect((await replace(replaced)).open).to.be.empty;
    await expectReplaced(replaced, world.mesh, "local-home");
  });

  it("gives the old pool's balance to the operations account before the role is revoked", async () => {
    const world = await loadFixture(busyFixture);
    const replaced = await withNewPools(world, "local-sat1");
    const s = new Scenario(replaced);
    const chain = s.sat1;
    const old = requireChain(world.mesh, chain.name).contracts.pool;
    await (await s.tokenOn(chain, "alice").transfer(old, AMOUNT)).wait();
    const { steps } = await readPlan(replaced.mesh);
    const retirement = steps.find(
      ({ id: stepId }) => stepId === `${chain.name}/token/unexpected BRIDGE_ROLE ${old}`,
    );
    expect(retirement?.after).to.include(`${chain.name}/token/recover ${old}`);
    const { sent, open } = await replace(replaced);
    expect(open).to.be.empty;
    expectInOrder(sent, [
      `${chain.name}/registry/pool`,
      `${chain.name}/token/recover ${old}`,
      `${chain.name}/token/unexpected BRIDGE_ROLE ${old}`,
    ]);
    expect(await s.tokenOn(chain).balanceOf(s.address("operations"))).to.equal(AMOUNT);
    await expectReplaced(replaced, world.mesh, chain.name);
  });

  for (const when of ["half way", "afterwards"]) {
    it(`is reversed ${when} by declaring the old pool and the withdrawn new one`, async () => {
      const world = await loadFixture(busyFixture);
      const replaced = await withNewPools(world, "local-home");
      const delivered: Delivery[] = [];
      if (when === "half way") await apply(replaced, { whileWaiting: timeAlone(replaced) });
      else delivered.push(...(await replace(replaced)).delivered);
      const back = withdrawn(world, replaced.mesh.home.contracts.pool);
      const run = await replace(back);
      expect(run.open).to.be.empty;
      delivered.push(...run.delivered, ...(await world.ccip.deliver()));
      expect(delivered).to.have.length(6);
      expectSuccess(delivered);
      await expectReplaced(back, replaced.mesh, "local-home");
      // Withdrawing one pool does not allow reverting the next replacement.
      const next = await withNewPools(back, "local-home");
      expect((await replace(next)).open).to.be.empty;
      expect(await openIds(back.mesh)).to.deep.equal(["local-home/deployments/pool"]);
    });
  }

  it("is not reversed by a checkout with outdated deployments, which is reported with the other drift", async () => {
    const world = await loadFixture(busyFixture);
    const { home, satellites } = world.mesh;
    const replaced = await withNewPools(world, "local-home");
    expect((await replace(replaced)).open).to.be.empty;
    const [sat1] = satellites;
    const { guardian } = world.mesh.config.roles;
    const timelock = await impersonated(home, sat1?.contracts.timelock ?? "");
    const token = RebaseToken__factory.connect(sat1?.contracts.token ?? "", timelock);
    await (await token.revokeRole(id("GUARDIAN_ROLE"), guardian)).wait();

    const wanted = ["local-home/deployments/pool", "local-sat1/token/GUARDIAN_ROLE"];
    const { steps } = await readPlan(world.mesh, { allowDestructive: true });
    const [behind] = openSteps(steps);
    expect(behind?.id).to.equal(wanted[0]);
    const [old, now] = [home.contracts.pool, replaced.mesh.home.contracts.pool];
    expect(behind?.changes).to.deep.equal([{ what: "pool on record", before: old, after: now }]);
    expect(behind?.status)
      .to.have.property("reason")
      .that.includes(`${now} was put in use on local-home when ${old} was there already. Pull`)
      .and.includes(`chains.local-home.withdrawnPool = "${now}"`);
    const { differences } = await compareMesh(world.mesh);
    expect(differences.map((difference) => difference.id)).to.deep.equal(wanted);

    const run = await replace(world, { allowDestructive: true });
    expect(run.open).to.deep.equal([wanted[0]]);
    expect(run.sent).to.deep.equal([proposed("local-sat1", wanted[1] ?? ""), wanted[1]]);
    await expectReplaced(replaced, world.mesh, "local-home");
  });

  it("is not reversed by an earlier deployment that was not yet in use", async () => {
    const world = await loadFixture(busyFixture);
    const slower = await withNewPools(world, "local-home");
    const poolDeployedAt = await world.mesh.home.provider.getBlockNumber();
    const faster = await withNewPools(world, "local-home");
    expect((await replace(faster)).open).to.be.empty;

    const home = { ...slower.mesh.home, poolDeployedAt };
    const run = await replace({ ...slower, mesh: { ...slower.mesh, home } });
    expect(run).to.deep.include({ sent: [], open: ["local-home/deployments/pool"] });
    await expectReplaced(faster, world.mesh, "local-home");
  });

  it("restores the declared pool in place of a third party's, without querying the latter", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { mesh } = world;
    const strange = await withNewPools(world, "local-home");
    const { home } = strange.mesh;
    const owner = localAccount(LOCAL_ACCOUNTS.deployer, home.provider);
    const pool = RebaseTokenPool__factory.connect(home.contracts.pool, owner);
    const thirdParty = localAccount(12, home.provider);
    await (await pool.transferOwnership(thirdParty.address)).wait();
    await (await pool.connect(thirdParty).acceptOwnership()).wait();
    const timelock = await impersonated(home, home.contracts.timelock);
    const data = ccipAbi.registry.encodeFunctionData("setPool", [
      home.contracts.token,
      pool.target,
    ]);
    await (await timelock.sendTransaction({ to: home.ccip.tokenAdminRegistry, data })).wait();
    expect(await openIds(mesh)).to.deep.equal(["local-home/registry/pool"]);
    expect((await replace(world)).open).to.be.empty;
  });
});

/** Returns the same world with a mesh file that withdraws a pool of the home. */
function withdrawn(world: MeshWorld, pool: string): MeshWorld {
  const chains = { "local-home": { withdrawnPool: pool } };
  return { ...world, mesh: { ...world.mesh, config: parseMesh({ ...coreMesh(), chains }) } };
}

/** Lets delays pass, and leaves messages in flight. */
const timeAlone = (world: MeshWorld) => (steps: readonly Step[]) => passTimeAlone(world, steps);

/** Returns the open steps that wait for something other than steps. */
async function openWaiting(mesh: Mesh): Promise<string[]> {
  const { steps } = await readPlan(mesh);
  return openSteps(steps).flatMap(({ id: stepId, status }) =>
    status.kind === "waiting" ? [stepId] : [],
  );
}

function expectInOrder(sent: readonly string[], expected: readonly string[]): void {
  const positions = expected.map((stepId) => {
    expect(sent, "steps sent").to.include(stepId);
    return sent.indexOf(stepId);
  });
  expect(positions, expected.join(", ")).to.deep.equal([...positions].sort((a, b) => a - b));
}
