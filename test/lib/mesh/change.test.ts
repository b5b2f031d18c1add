import { expect } from "chai";
import { Contract, id, parseEther } from "ethers";
import { localAccount } from "ccip-localnet";

import { coreMesh } from "../../../config/meshes/local";
import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { sendTransfer } from "../../../lib/demo/transactions";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi, ccipAbi } from "../../../lib/core/abis";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { inboundLimit } from "../../../lib/core/mesh/limit";
import { readPlan } from "../../../lib/mesh/read";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import { RebaseTokenPool__factory, RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import {
  apply,
  deployedMeshFixture,
  halfOpenLanes,
  impersonated,
  openIds,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;

/** Returns the same world with another mesh file. */
function redeclared(world: MeshWorld, change: Partial<MeshInput>): MeshWorld {
  const config = parseMesh({ ...coreMesh(world.chains.length), ...change });
  return { ...world, mesh: { ...world.mesh, config } };
}

/** Returns the ids and senders of the steps that an apply sends. */
async function applied(world: MeshWorld, options: Parameters<typeof apply>[1] = {}) {
  const sent: string[] = [];
  const { open } = await apply(world, {
    ...options,
    onSent: ({ id: stepId, call }) => sent.push(`${stepId} by ${call.as}`),
  });
  return { sent, open: open.map((step) => step.id) };
}

describe("A mesh administered by its timelocks", () => {
  const LIMITS = { capacity: "50000", rate: "50" };

  it("changes limits through the rate limit admin at once, receiving ends first", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { lanes } = coreMesh();
    const larger = { capacity: "200000", rate: "200" };
    const wider = redeclared(world, {
      lanes: { ...lanes, pairs: { "local-home -> local-sat1": larger } },
    });
    const { sent, open } = await applied(wider);
    expect(open).to.be.empty;
    expect(sent).to.deep.equal([
      "local-sat1/pool/room for local-home by rate limit admin of the pool",
      "local-home/pool/limits local-sat1 by rate limit admin of the pool",
    ]);
    const state = await readMesh(wider.mesh);
    const [sat1] = wider.mesh.satellites;
    if (!sat1) throw new Error("no satellite");
    const inbound = stateOf(state, sat1).pool.remotes.get(wider.mesh.home.selector)?.inbound;
    expect(inbound?.capacity).to.equal(parseEther("259300.7424"));
    expect(inbound).to.deep.equal(
      inboundLimit(wider.mesh.config, { source: "local-home", destination: "local-sat1" }),
    );

    const narrower = redeclared(world, { lanes: { ...lanes, outbound: LIMITS } });
    expect((await applied(narrower)).sent).to.have.members(
      chainsOf(world.mesh).flatMap(({ name }) =>
        chainsOf(world.mesh)
          .filter((peer) => peer.name !== name)
          .map((peer) => `${name}/pool/limits ${peer.name} by rate limit admin of the pool`),
      ),
    );
    // Equal limits are never sent again, and the level of a bucket is not a difference.
    expect(await applied(narrower)).to.deep.equal({ sent: [], open: [] });
  });

  it("opens and widens no lane to a chain whose registry names a third party's pool", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home, satellites } = world.mesh;
    const [sat1] = satellites;
    if (!sat1) throw new Error("no satellite");
    const { contracts, ccip, provider } = sat1;
    const thirdParty = new RebaseTokenPool__factory(
      localAccount(LOCAL_HOLDERS.thirdParty, provider),
    );
    const foreign = await thirdParty.deploy(contracts.token, ccip.rmnProxy, ccip.router);
    const there = await impersonated(sat1, contracts.timelock);
    const registry = new Contract(ccip.tokenAdminRegistry, ccipAbi.registry, there);
    await registry.getFunction("setPool")(contracts.token, foreign);
    const here = await impersonated(home, home.contracts.timelock);
    const pool = RebaseTokenPool__factory.connect(home.contracts.pool, here);
    await (await pool.applyChainUpdates([sat1.selector], [])).wait();

    const { lanes } = coreMesh();
    const pairs = { "local-sat2 -> local-sat1": { capacity: "200000", rate: "200" } };
    const wider = redeclared(world, { lanes: { ...lanes, pairs } });
    const sent: string[] = [];
    const { open } = await apply(wider, {
      onSent: ({ id: stepId }) => sent.push(stepId),
      signerFor: async (chain, account) => {
        expect(await halfOpenLanes(wider.mesh)).to.not.include("local-home -> local-sat1");
        return signerFor(chain, account);
      },
    });
    expect(open).to.be.empty;
    const opening = sent.indexOf("local-sat1/registry/pool");
    for (const source of ["local-home", "local-sat2"]) {
      expect(sent.indexOf(`${source}/pool/limits local-sat1`), source).to.be.greaterThan(opening);
    }
    expect(await halfOpenLanes(wider.mesh)).to.be.empty;
  });

  it("changes a gas limit through the timelock, and back again in a new proposal", async () => {
    const world = await loadFixture(wiredMeshFixture);
    for (const gasLimit of [200_000, 150_000, 200_000]) {
      const changed = redeclared(world, { chains: { "local-sat2": { gasLimit } } });
      const { sent, open } = await applied(changed);
      expect(open).to.be.empty;
      expect(sent).to.deep.equal([
        "local-home/timelock/propose broadcaster/destination local-sat2 by PROPOSER_ROLE of the timelock",
        "local-home/broadcaster/destination local-sat2 by EXECUTOR_ROLE of the timelock",
      ]);
      const home = stateOf(await readMesh(changed.mesh), changed.mesh.home);
      const sat2 = world.mesh.satellites[1];
      expect(home.broadcaster.destinations.get(sat2?.selector ?? 0n)?.gasLimit).to.equal(
        BigInt(gasLimit),
      );
    }
  });

  it("changes bounds, delays and role holders", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const file = coreMesh();
    const changed = redeclared(world, {
      controller: { ...file.controller, maxGrowthFactor: "1.05", delay: 60 },
      admin: { handoverDelay: 0, timelockDelay: 120 },
      roles: { ...file.roles, guardian: THIRD_PARTY, rateLimitAdmin: THIRD_PARTY },
    });
    const { guardian, rateLimitAdmin } = file.roles;
    const plan = await readPlan(changed.mesh);
    const open = openSteps(plan.steps).filter(({ id: stepId }) => !stepId.includes("propose"));
    const config = open.find(({ id: stepId }) => stepId === "local-home/controller/config");
    expect(config?.changes).to.deep.equal([
      { what: "maxGrowthFactor", before: "1.1", after: "1.05" },
      { what: "delay", before: "600 s", after: "60 s" },
    ]);
    expect(open.map(({ id: stepId }) => stepId)).to.include.members(
      chainsOf(world.mesh).flatMap(({ name }) => [
        `${name}/token/GUARDIAN_ROLE`,
        `${name}/token/unexpected GUARDIAN_ROLE ${guardian}`,
        `${name}/pool/config`,
        `${name}/timelock/delay`,
      ]),
    );
    expect((await applied(changed)).open).to.be.empty;
    const state = await readMesh(changed.mesh);
    expect(stateOf(state, changed.mesh.home).pool.rateLimitAdmin)
      .to.equal(THIRD_PARTY)
      .and.not.equal(rateLimitAdmin);
    const token = RebaseToken__factory.connect(
      world.mesh.home.contracts.token,
      world.mesh.home.provider,
    );
    expect(await token.hasRole(id("GUARDIAN_ROLE"), guardian)).to.equal(false);
    expect(await token.hasRole(id("GUARDIAN_ROLE"), THIRD_PARTY)).to.equal(true);
  });

  for (const role of ["PROPOSER_ROLE", "EXECUTOR_ROLE"]) {
    it(`changes the operations account, also when a run was killed that had the ${role}`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { roles } = coreMesh();
      const changed = redeclared(world, { roles: { ...roles, operations: THIRD_PARTY } });
      const { contracts } = changed.mesh.home;
      const timelock = await impersonated(changed.mesh.home, contracts.timelock);
      const data = abi.timelock.encodeFunctionData("grantRole", [id(role), THIRD_PARTY]);
      await (await timelock.sendTransaction({ to: contracts.timelock, data })).wait();
      expect((await applied(changed)).open).to.be.empty;
      expect(await openIds(changed.mesh)).to.be.empty;
    });
  }

  it("removes a satellite that is no longer in the file on all sides, only with --allow-destructive", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { mesh } = world;
    const [sat1, sat2] = mesh.satellites;
    if (!sat1 || !sat2) throw new Error("no satellites");
    const config = parseMesh(coreMesh(2));
    const smaller = { ...world, mesh: { ...mesh, config, satellites: [sat1] } };
    const first = await applied(smaller);
    expect(first.sent.map((line) => line.split(" by ")[0])).to.deep.equal([
      `local-home/timelock/propose broadcaster/unknown chain ${sat2.selector}`,
      `local-home/broadcaster/unknown chain ${sat2.selector}`,
    ]);
    expect(first.open).to.deep.equal(
      ["local-home", "local-sat1"].map((name) => `${name}/pool/unknown chain ${sat2.selector}`),
    );
    const { steps } = await readPlan(smaller.mesh);
    for (const { status } of openSteps(steps)) {
      expect(status.kind === "waiting" && status.reason)
        .to.be.a("string")
        .that.includes("the number of messages in flight is unknown")
        .and.includes("close its lanes");
    }
    expect((await applied(smaller, { allowDestructive: true })).open).to.be.empty;
    expect(await openIds(smaller.mesh)).to.be.empty;
  });

  it("narrows a limit while messages are in flight unless they would no longer fit", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { lanes } = coreMesh();
    const narrowed = (capacity: string) =>
      redeclared(world, {
        lanes: { ...lanes, pairs: { "local-home -> local-sat1": { capacity, rate: "1" } } },
      });
    const messageId = await sendTen(world);
    const tight = narrowed("5");
    const { open } = await applied(tight);
    expect(open).to.deep.equal(["local-sat1/pool/limits local-home"]);
    const { steps, inFlight } = await readPlan(tight.mesh);
    const step = openSteps(steps).find(({ chain }) => chain === "local-sat1");
    expect(step?.status).to.deep.include({ kind: "waiting", cause: "permission" });
    const listed = inFlight.get("local-home -> local-sat1")?.map((message) => message.messageId);
    expect(listed).to.deep.equal([messageId]);
    expect((await applied(narrowed("9"))).open).to.be.empty;
    const [delivery] = await world.ccip.deliver();
    expect(delivery?.state).to.equal("success");
  });

  describe("a lane that is declared closed", () => {
    const CLOSED = { "local-home -> local-sat1": "closed" } as const;
    const STEP = "local-sat1/pool/close to local-home";

    it("stops sends at once, names messages in flight and waits for them, or rejects them with --allow-destructive", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { lanes } = coreMesh();
      const closing = redeclared(world, { lanes: { ...lanes, pairs: CLOSED } });
      const messageId = await sendTen(world);

      const first = await applied(closing, { whileWaiting: () => Promise.resolve(false) });
      expect(first.sent.map((line) => line.split(" by ")[0])).to.deep.equal([
        "local-home/pool/limits local-sat1",
      ]);
      expect(first.open).to.deep.equal([STEP]);
      const plan = await readPlan(closing.mesh);
      const step = plan.steps.find(({ id: stepId }) => stepId === STEP);
      expect(step?.status).to.deep.include({ kind: "waiting", cause: "drain" });
      expect(plan.inFlight.get("local-home -> local-sat1")?.map((m) => m.messageId)).to.deep.equal([
        messageId,
      ]);

      const second = await applied(closing, { allowDestructive: true });
      expect(second).to.deep.equal({
        sent: [`${STEP} by rate limit admin of the pool`],
        open: [],
      });
      const [delivery] = await world.ccip.deliver();
      expect(delivery?.state).to.equal("failure");

      // When the lane reopens, the receiving end comes first, and the message fits.
      const opened = await applied(world);
      expect(opened.sent.map((line) => line.split(" by ")[0])).to.deep.equal([
        "local-sat1/pool/room for local-home",
        "local-home/pool/limits local-sat1",
      ]);
    });
  });

  it("adds one more satellite, whose lanes open when it has the index", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { mesh } = world;
    const [sat1] = mesh.satellites;
    if (!sat1) throw new Error("no satellite");
    const smaller = { ...mesh, config: parseMesh(coreMesh(2)), satellites: [sat1] };
    expect((await applied({ ...world, mesh: smaller })).open).to.be.empty;

    const before = await mesh.home.provider.getBlockNumber();
    const { sent, open } = await applied(world);
    expect(open).to.be.empty;
    for (const source of [mesh.home, sat1]) await expectNothingTooEarly(mesh, source, before);
    const lines = sent.map((line) => line.split(" by ")[0]);
    expect(lines).to.include.members([
      "local-home/timelock/propose pool/remote local-sat2",
      "local-home/timelock/propose broadcaster/destination local-sat2",
      "local-home/broadcaster/genesis local-sat2",
      "local-sat2/timelock/accept",
    ]);
    expect(lines.indexOf("local-home/broadcaster/genesis local-sat2")).to.be.lessThan(
      lines.indexOf("local-sat2/registry/pool"),
    );
    expect(lines.indexOf("local-sat2/registry/pool")).to.be.lessThan(
      lines.indexOf("local-home/pool/limits local-sat2"),
    );
    expect(await openIds(mesh)).to.be.empty;
  });
});

/** Expects every block to accept at the newest satellite what may leave for it. */
async function expectNothingTooEarly(mesh: Mesh, source: MeshChain, since: number): Promise<void> {
  const destination = mesh.satellites.at(-1);
  if (!destination) throw new Error("no satellite");
  const { provider, selector, contracts, ccip } = destination;
  const pool = RebaseTokenPool__factory.connect(source.contracts.pool, provider);
  const token = RebaseToken__factory.connect(contracts.token, provider);
  const registry = new Contract(ccip.tokenAdminRegistry, ccipAbi.registry, provider);
  let lanes = 0;
  for (let block = since; block <= (await provider.getBlockNumber()); block++) {
    const at = { blockTag: block };
    const known = await pool.isSupportedChain(selector, at);
    const [limit] = await pool.getCurrentRateLimiterState(selector, false, at);
    if (!known || limit.capacity === 1n) continue;
    lanes += 1;
    const taking = (await registry
      .getFunction("getPool")
      .staticCall(contracts.token, at)) as string;
    expect([taking, await token.epoch(at)], `block ${block}`).to.deep.equal([contracts.pool, 1n]);
  }
  expect(lanes).to.be.greaterThan(0);
}

/** Sends 10 tokens from home to the first satellite, and leaves them in flight. @returns the message id. */
async function sendTen({ mesh }: MeshWorld): Promise<string> {
  const { home, satellites, config } = mesh;
  const [sat1] = satellites;
  if (!sat1) throw new Error("no satellite");
  const issuer = await impersonated(home, config.roles.issuer);
  const alice = localAccount(LOCAL_HOLDERS.alice, home.provider);
  const token = RebaseToken__factory.connect(home.contracts.token, issuer);
  await (await token.mint(alice.address, parseEther("100"))).wait();
  const transfer = {
    source: home,
    destination: sat1,
    receiver: alice.address,
    amount: parseEther("10"),
  };
  return (await sendTransfer(transfer, alice)).message.messageId;
}
