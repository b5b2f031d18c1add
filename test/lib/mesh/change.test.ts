import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroHash, id, parseEther } from "ethers";

import { localMesh } from "../../../config/meshes/local";
import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { sendTransfer } from "../../../lib/bridge/transfer";
import { localAccount } from "../../../lib/ccip/accounts";
import { abi, ccipAbi } from "../../../lib/mesh/contracts";
import { chainsOf } from "../../../lib/mesh/mesh";
import type { Mesh } from "../../../lib/mesh/mesh";
import { inboundLimit } from "../../../lib/mesh/limits";
import { readPlan } from "../../../lib/mesh/read";
import { parseMesh } from "../../../lib/mesh/schema";
import type { MeshInput } from "../../../lib/mesh/schema";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import { RebaseToken__factory } from "../../../typechain-types";
import {
  apply,
  deployedMeshFixture,
  impersonated,
  openIds,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const STRANGER = localAccount(LOCAL_HOLDERS.stranger).address;

/** The same world with another mesh file. */
function redeclared(world: MeshWorld, change: Partial<MeshInput>): MeshWorld {
  const config = parseMesh({ ...localMesh(world.chains.length), ...change });
  return { ...world, mesh: { ...world.mesh, config } };
}

/** What an apply sends, by id and sender. */
async function applied(world: MeshWorld, options: Parameters<typeof apply>[1] = {}) {
  const sent: string[] = [];
  const { open } = await apply(world, {
    ...options,
    onSent: ({ id: stepId, call }) => sent.push(`${stepId} by ${call.as}`),
  });
  return { sent, open: open.map((step) => step.id) };
}

describe("A mesh that was handed over to its timelocks", () => {
  const LIMITS = { capacity: "50000", rate: "50" };

  it("takes other limits from the rate limit admin at once, receiving ends first", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { lanes } = localMesh();
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
    expect(inbound?.capacity).to.equal(parseEther("254100"));
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
    // Equal limits are never sent again, and the fill of a bucket is no difference.
    expect(await applied(narrower)).to.deep.equal({ sent: [], open: [] });
  });

  it("takes another gas limit through the timelock, and back again under a new proposal", async () => {
    const world = await loadFixture(wiredMeshFixture);
    for (const gasLimit of [200_000, 150_000, 200_000]) {
      const changed = redeclared(world, { chains: { "local-sat2": { gasLimit } } });
      const { sent, open } = await applied(changed);
      expect(open).to.be.empty;
      expect(sent).to.deep.equal([
        "local-home/timelock/propose broadcaster/destination local-sat2 by PROPOSER_ROLE of the timelock",
        "local-home/broadcaster/destination local-sat2 by EXECUTOR_ROLE of the timelock",
      ]);
      const { home } = await readMesh(changed.mesh);
      const sat2 = world.mesh.satellites[1];
      expect(home.broadcaster.destinations.get(sat2?.selector ?? 0n)?.gasLimit).to.equal(
        BigInt(gasLimit),
      );
    }
  });

  it("takes other bounds, other delays and other role holders", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const file = localMesh();
    const changed = redeclared(world, {
      controller: { ...file.controller, maxGrowthFactor: "1.05", delay: 60 },
      admin: { handoverDelay: 0, timelockDelay: 120 },
      roles: { ...file.roles, guardian: STRANGER, rateLimitAdmin: STRANGER },
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
        `${name}/token/stray GUARDIAN_ROLE ${guardian}`,
        `${name}/pool/rate limit admin`,
        `${name}/timelock/delay`,
      ]),
    );
    expect((await applied(changed)).open).to.be.empty;
    const state = await readMesh(changed.mesh);
    expect(state.home.pool.rateLimitAdmin).to.equal(STRANGER).and.not.equal(rateLimitAdmin);
    const token = RebaseToken__factory.connect(
      world.mesh.home.contracts.token,
      world.mesh.home.provider,
    );
    expect(await token.hasRole(id("GUARDIAN_ROLE"), guardian)).to.equal(false);
    expect(await token.hasRole(id("GUARDIAN_ROLE"), STRANGER)).to.equal(true);
  });

  it("takes one more satellite, whose lanes open when it has the index", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { mesh } = world;
    const [sat1] = mesh.satellites;
    if (!sat1) throw new Error("no satellite");
    const smaller = { ...mesh, config: parseMesh(localMesh(2)), satellites: [sat1] };
    expect((await applied({ ...world, mesh: smaller })).open).to.be.empty;

    const { sent, open } = await applied(world);
    expect(open).to.be.empty;
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
    expect(await openIds(mesh)).to.be.empty;
  });

  describe("a lane that is declared closed", () => {
    const CLOSED = { "local-home -> local-sat1": "closed" } as const;
    const STEP = "local-sat1/pool/close to local-home";

    it("lets nothing leave at once, names what is in flight, and rejects it only with leave", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { lanes, roles } = localMesh();
      const closing = redeclared(world, { lanes: { ...lanes, pairs: CLOSED } });
      const { home, satellites } = world.mesh;
      const [sat1] = satellites;
      if (!sat1) throw new Error("no satellite");
      const issuer = await impersonated(home, roles.issuer);
      const alice = localAccount(LOCAL_HOLDERS.alice, home.provider);
      await (
        await RebaseToken__factory.connect(home.contracts.token, issuer).mint(
          alice.address,
          parseEther("100"),
        )
      ).wait();
      const transfer = {
        source: home,
        destination: sat1,
        receiver: alice.address,
        amount: parseEther("10"),
      };
      const { messageId } = (await sendTransfer(transfer, alice)).message;

      const first = await applied(closing);
      expect(first.sent.map((line) => line.split(" by ")[0])).to.deep.equal([
        "local-home/pool/limits local-sat1",
      ]);
      expect(first.open).to.deep.equal([STEP]);
      const plan = await readPlan(closing.mesh);
      const step = plan.steps.find(({ id: stepId }) => stepId === STEP);
      expect(step?.status).to.deep.include({ kind: "waiting", cause: "permission" });
      expect(plan.inFlight.get("local-home -> local-sat1")?.map((m) => m.messageId)).to.deep.equal([
        messageId,
      ]);

      const second = await applied(closing, { allowDestructive: true });
      expect(second).to.deep.equal({
        sent: [`${STEP} by rate limit admin of the pool`],
        open: [],
      });
      const [delivery] = await world.don.deliver();
      expect(delivery?.state).to.equal("failure");

      // Opened again, the receiving end comes first, and the message fits.
      const opened = await applied(world);
      expect(opened.sent.map((line) => line.split(" by ")[0])).to.deep.equal([
        "local-sat1/pool/room for local-home",
        "local-home/pool/limits local-sat1",
      ]);
    });
  });

  describe("names and mends what somebody added by hand:", () => {
    interface Addition {
      readonly what: string;
      readonly step: string;
      readonly destructive?: boolean;
      readonly call: (mesh: Mesh) => { to: string; data: string };
    }
    const home = ({ home: { contracts } }: Mesh) => contracts;
    const grant = (role: string) => abi.token.encodeFunctionData("grantRole", [id(role), STRANGER]);
    const additions: Addition[] = [
      {
        what: "a second bridge",
        step: `local-home/token/stray BRIDGE_ROLE ${STRANGER}`,
        call: (mesh) => ({ to: home(mesh).token, data: grant("BRIDGE_ROLE") }),
      },
      {
        what: "a second operator of rebases",
        step: `local-home/controller/stray REBASE_OPERATOR_ROLE ${STRANGER}`,
        call: (mesh) => ({ to: home(mesh).controller, data: grant("REBASE_OPERATOR_ROLE") }),
      },
      {
        what: "a second spender of the treasury",
        step: `local-home/broadcaster/stray TREASURY_SPENDER_ROLE ${STRANGER}`,
        call: (mesh) => ({ to: home(mesh).broadcaster, data: grant("TREASURY_SPENDER_ROLE") }),
      },
      {
        what: "a second proposer at the timelock",
        step: `local-home/timelock/stray PROPOSER_ROLE ${STRANGER}`,
        call: (mesh) => ({ to: home(mesh).timelock, data: grant("PROPOSER_ROLE") }),
      },
      {
        what: "an administrator of the timelock",
        step: `local-home/timelock/stray DEFAULT_ADMIN_ROLE ${STRANGER}`,
        call: (mesh) => ({
          to: home(mesh).timelock,
          data: abi.timelock.encodeFunctionData("grantRole", [ZeroHash, STRANGER]),
        }),
      },
      {
        what: "a role that nobody knows",
        step: `local-home/token/stray ${id("HOUSE_ROLE")} ${STRANGER}`,
        call: (mesh) => ({ to: home(mesh).token, data: grant("HOUSE_ROLE") }),
      },
      {
        what: "another router of the pool",
        step: "local-home/pool/router",
        call: (mesh) => ({
          to: home(mesh).pool,
          data: abi.pool.encodeFunctionData("setRouter", [STRANGER]),
        }),
      },
      {
        what: "a chain that is not in the mesh",
        step: "local-home/pool/stranger 5009297550715157269",
        destructive: true,
        call: (mesh) => ({
          to: home(mesh).pool,
          data: abi.pool.encodeFunctionData("applyChainUpdates", [
            [],
            [
              {
                remoteChainSelector: 5009297550715157269n,
                remotePoolAddresses: [],
                remoteTokenAddress: `0x${"0".repeat(24)}${STRANGER.slice(2)}`,
                outboundRateLimiterConfig: { isEnabled: false, capacity: 0n, rate: 0n },
                inboundRateLimiterConfig: { isEnabled: false, capacity: 0n, rate: 0n },
              },
            ],
          ]),
        }),
      },
      {
        what: "a second remote pool",
        step: `local-home/pool/old pool ${STRANGER} of local-sat1`,
        call: (mesh) => ({
          to: home(mesh).pool,
          data: abi.pool.encodeFunctionData("addRemotePool", [
            mesh.satellites[0]?.selector ?? 0n,
            `0x${"0".repeat(24)}${STRANGER.slice(2)}`,
          ]),
        }),
      },
      {
        what: "a destination of broadcasts that is not in the mesh",
        step: "local-home/broadcaster/stranger 5009297550715157269",
        call: (mesh) => ({
          to: home(mesh).broadcaster,
          data: abi.broadcaster.encodeFunctionData("setDestination", [
            5009297550715157269n,
            STRANGER,
            150_000n,
          ]),
        }),
      },
      {
        what: "other bounds of a rebase",
        step: "local-home/controller/config",
        call: (mesh) => ({
          to: home(mesh).controller,
          data: abi.controller.encodeFunctionData("setConfig", [
            {
              minGrowthFactor: mesh.config.controller.minGrowthFactor,
              maxGrowthFactor: mesh.config.controller.maxGrowthFactor * 2n,
              minInterval: 1n,
              delay: 1n,
              maxDelay: 1n,
            },
          ]),
        }),
      },
      {
        what: "a shorter delay of the timelock",
        step: "local-home/timelock/delay",
        call: (mesh) => ({
          to: home(mesh).timelock,
          data: abi.timelock.encodeFunctionData("updateDelay", [0n]),
        }),
      },
      {
        what: "the token offered to a stranger",
        step: `local-home/token/offer to ${STRANGER}`,
        call: (mesh) => ({
          to: home(mesh).token,
          data: abi.token.encodeFunctionData("beginDefaultAdminTransfer", [STRANGER]),
        }),
      },
      {
        what: "the pool offered to a stranger",
        step: `local-home/pool/offer to ${STRANGER}`,
        call: (mesh) => ({
          to: home(mesh).pool,
          data: abi.pool.encodeFunctionData("transferOwnership", [STRANGER]),
        }),
      },
      {
        what: "the registry entry offered to a stranger",
        step: `local-home/registry/offer to ${STRANGER}`,
        call: (mesh) => ({
          to: mesh.home.ccip.tokenAdminRegistry,
          data: ccipAbi.registry.encodeFunctionData("transferAdminRole", [
            home(mesh).token,
            STRANGER,
          ]),
        }),
      },
    ];
    for (const { what, step, destructive, call } of additions) {
      it(`${what}: ${step}`, async () => {
        const world = await loadFixture(wiredMeshFixture);
        const { mesh } = world;
        const { to, data } = call(mesh);
        const timelock = await impersonated(mesh.home, mesh.home.contracts.timelock);
        await (await timelock.sendTransaction({ to, data })).wait();
        expect(await openIds(mesh)).to.deep.equal([step]);
        if (destructive) expect((await applied(world)).open).to.deep.equal([step]);
        const { sent, open } = await applied(world, { allowDestructive: true });
        expect({ count: sent.length, open }).to.deep.equal({ count: 2, open: [] });
        expect(await openIds(mesh)).to.be.empty;
      });
    }

    it("a receiver offered to a stranger, on a satellite", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const [sat1] = world.mesh.satellites;
      if (!sat1) throw new Error("no satellite");
      const timelock = await impersonated(sat1, sat1.contracts.timelock);
      const data = abi.receiver.encodeFunctionData("transferOwnership", [STRANGER]);
      await (await timelock.sendTransaction({ to: sat1.contracts.receiver, data })).wait();
      expect(await openIds(world.mesh)).to.deep.equal([`local-sat1/receiver/offer to ${STRANGER}`]);
      expect((await applied(world)).open).to.be.empty;
    });
  });
});
