import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, id } from "ethers";
import type { Signer } from "ethers";

import { localMesh } from "../../../config/meshes/local";
import { localAccount } from "../../../lib/ccip/accounts";
import { curse, uncurse } from "../../../lib/ccip/faults";
import { encodeAddress } from "../../../lib/ccip/message";
import { released } from "../../../lib/ccip/releases";
import { signerFor } from "../../../lib/localnet/wiring";
import { ApplyFailedError } from "../../../lib/mesh/apply";
import { abi, ccipAbi } from "../../../lib/mesh/contracts";
import { chainsOf } from "../../../lib/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/mesh/mesh";
import { planMesh } from "../../../lib/mesh/plan";
import { inboundLimit, outboundLimit, parseMesh } from "../../../lib/mesh/schema";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import type { MeshState } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { RebaseBroadcaster__factory } from "../../../typechain-types";
import {
  IdleSigner,
  KilledError,
  MortalSigner,
  apply,
  deployedMeshFixture,
  impersonated,
  openIds,
  wiredMeshFixture,
  wiringOf,
} from "../../shared/meshFixture";
import type { Life, MeshWorld } from "../../shared/meshFixture";

const SOMEONE = "0x000000000000000000000000000000000000dEaD";

describe("Wiring a mesh", () => {
  it("from nothing, leaves nothing to do", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { mesh } = world;
    const planned = await openIds(mesh);
    const sentIds: string[] = [];
    const { sent, open } = await apply(world, { onSent: (step) => sentIds.push(step.id) });
    expect(open).to.be.empty;
    expect(sent).to.equal(sentIds.length);
    expect(new Set(sentIds).size, "steps sent once").to.equal(sent);
    expect([...planned]).to.include.members(sentIds);
    expect(await openIds(mesh)).to.be.empty;
    expect(await apply(world)).to.deep.equal({ sent: 0, open: [] });
  });

  it("says what it waits for when it cannot wait", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { open } = await apply(world, { whileWaiting: () => Promise.resolve(false) });
    const waiting = open.filter(({ status }) => status.kind === "waiting");
    expect(waiting.map(({ id: stepId, status }) => [stepId, status])).to.deep.equal(
      world.mesh.satellites.map(({ name }) => [
        `local-home/broadcaster/genesis ${name}`,
        { kind: "waiting", reason: `CCIP to execute the first broadcast on ${name}` },
      ]),
    );
    expect(await apply(world)).to.have.property("open").that.is.empty;
  });

  describe("killed after any single transaction", () => {
    let expected: unknown[];
    before(async () => {
      const undisturbed = await loadFixture(deployedMeshFixture);
      await apply(undisturbed);
      expected = wiringOf(undisturbed.mesh, await readMesh(undisturbed.mesh));
    });

    it("goes on where it was, sends nothing twice, and never opens a half-wired lane", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const straight = await readMesh(world.mesh);
      const toSend = planMesh(world.mesh, straight).filter(
        ({ status }) => status.kind === "todo",
      ).length;
      let runs = 0;
      while (await killed(world, { sends: 1 })) {
        runs += 1;
        expectNoHalfOpenLane(world.mesh, await readMesh(world.mesh));
      }
      // The limits of a lane are set together with it, so their steps fall away.
      expect(runs).to.equal(toSend);
      expect(wiringOf(world.mesh, await readMesh(world.mesh))).to.deep.equal(expected);
    });

    for (const sends of [24, 48]) {
      it(`and run again after ${sends}, ends where an undisturbed run ends`, async () => {
        const world = await loadFixture(deployedMeshFixture);
        expect(await killed(world, { sends })).to.equal(true);
        expect((await apply(world)).open).to.be.empty;
        expect(wiringOf(world.mesh, await readMesh(world.mesh))).to.deep.equal(expected);
      });
    }
  });

  describe("with a transaction that fails", () => {
    it("does all that does not depend on it, and names step, sender and reason", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { mesh } = world;
      const sat2 = satellite(mesh, 1);
      const module = sat2.ccip.registryModule;
      await changeModule(world, sat2, "removeRegistryModule");

      const failure = await failureOf(apply(world));
      expect(failure.failures.map(({ step }) => step.id)).to.deep.equal([
        "local-sat2/registry/register",
      ]);
      expect(failure.message)
        .to.include("local-sat2/registry/register")
        .and.to.include(`from ${mesh.deployer}`)
        .and.to.include(`OnlyRegistryModuleOrOwner(sender: ${module})`)
        .and.to.include("run it again");

      const plan = planMesh(mesh, await readMesh(mesh));
      const todo = plan.filter(({ status }) => status.kind === "todo");
      expect(todo.map((step) => step.id)).to.have.members(
        dependentsOf("local-sat2/registry/register", plan).map((step) => step.id),
      );

      await changeModule(world, sat2, "addRegistryModule");
      expect((await apply(world)).open).to.be.empty;
    });
  });

  it("goes without the account that cannot sign, and names its steps", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { operations } = world.mesh.config.roles;
    const failure = await failureOf(
      apply(world, {
        signerFor: (chain, account) =>
          account === operations
            ? Promise.reject(new Error("the Safe signs elsewhere"))
            : signerFor(chain, account),
      }),
    );
    const proposals = chainsOf(world.mesh).map(({ name }) => `${name}/timelock/propose`);
    expect(failure.failures.map(({ step }) => step.id)).to.have.members(proposals);
    expect(failure.message)
      .to.include(`from ${operations}`)
      .and.to.include("the Safe signs elsewhere");
    expect(await openIds(world.mesh)).to.have.members([
      ...proposals,
      ...chainsOf(world.mesh).map(({ name }) => `${name}/timelock/accept`),
    ]);
    expect((await apply(world)).open).to.be.empty;
  });

  it("does not send a step again and again that changes nothing", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { issuer } = world.mesh.config.roles;
    const failure = await failureOf(
      apply(world, {
        signerFor: async (chain, account) => new IdleSigner(await signerFor(chain, account)),
      }),
    );
    expect(failure.message)
      .to.include("local-home/token/ISSUER_ROLE")
      .and.to.include("it was mined and changed nothing");
    const state = await readMesh(world.mesh);
    expect(state.home.token.roles.ISSUER_ROLE, issuer).to.equal(false);
    expect((await apply(world)).open).to.be.empty;
  });

  it("waits for a lane that is down, opens nothing meanwhile, and goes on when it is up", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const lane = world.don.lane("local-home", "local-sat2");
    await curse(lane);
    const { open } = await apply(world, {
      whileWaiting: async () => (await world.don.deliver()).length > 0,
    });
    const waiting = open.filter(({ status }) => status.kind === "waiting");
    expect(waiting.map(({ id: stepId, status }) => [stepId, status])).to.deep.equal([
      [
        "local-home/broadcaster/genesis local-sat2",
        {
          kind: "waiting",
          reason: "CCIP to quote a fee from local-home to local-sat2: the lane is down",
        },
      ],
    ]);
    expect(open.map((step) => step.id)).to.include.members(
      chainsOf(world.mesh).map(({ name }) => `${name}/registry/pool`),
    );
    await uncurse(lane);
    expect((await apply(world)).open).to.be.empty;
  });

  describe("once it is done", () => {
    it("declares no gas limit that the broadcaster would refuse, and refuses none that it takes", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      const broadcaster = RebaseBroadcaster__factory.connect(
        mesh.home.contracts.broadcaster,
        mesh.home.provider,
      );
      const limits = await Promise.all([broadcaster.MIN_GAS_LIMIT(), broadcaster.MAX_GAS_LIMIT()]);
      const [least, most] = limits.map(Number);
      const parse = (gasLimit = 0) => parseMesh({ ...localMesh(), broadcaster: { gasLimit } });
      for (const taken of [least, most]) expect(parse(taken).broadcaster.gasLimit).to.equal(taken);
      for (const refused of [(least ?? 0) - 1, (most ?? 0) + 1]) {
        expect(() => parse(refused)).to.throw(`broadcaster.gasLimit = ${refused}`);
      }
    });

    it("makes the timelocks the only administrators", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      const state = await readMesh(mesh);
      for (const chain of chainsOf(mesh)) {
        const { timelock } = chain.contracts;
        const now = stateOf(state, chain);
        const administrators =
          now.role === "home"
            ? [now.controller.admin, now.broadcaster.admin]
            : [now.receiver.owner];
        for (const administrator of [
          now.token.admin,
          now.pool.owner,
          now.registry.administrator,
          ...administrators,
        ]) {
          expect(administrator, chain.name).to.equal(timelock);
        }
      }
    });

    it("names the reason of a failure in this project's own contracts too", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { mesh } = world;
      const sat1 = satellite(mesh, 0);
      const timelock = await impersonated(sat1, sat1.contracts.timelock);
      await send(timelock, sat1.contracts.token, revoke("BRIDGE_ROLE", sat1.contracts.pool));
      const stranger = localAccount(10, sat1.provider);
      const failure = await failureOf(apply(world, { signerFor: () => Promise.resolve(stranger) }));
      expect(failure.message)
        .to.include("local-sat1/timelock/propose token/BRIDGE_ROLE")
        .and.to.include(`AccessControlUnauthorizedAccount(account: ${stranger.address}`)
        .and.to.include(
          `${stranger.address} lacks PROPOSER_ROLE on local-sat1; it is held by ${mesh.config.roles.operations} (timelock)`,
        );
    });
  });

  describe("finds a single fault put in by hand, mends it and nothing else:", () => {
    interface Fault {
      readonly what: string;
      /** The step that is open then. */
      readonly step: string;
      /** Steps that are open too: what stands in the way of the right thing has to go. */
      readonly also?: readonly string[];
      readonly at: (mesh: Mesh) => MeshChain;
      readonly call: (mesh: Mesh) => { to: string; data: string };
    }
    const home = (mesh: Mesh) => mesh.home;
    const sat1 = (mesh: Mesh) => satellite(mesh, 0);
    const sat2 = (mesh: Mesh) => satellite(mesh, 1);

    const tokenRole = (
      at: (mesh: Mesh) => MeshChain,
      name: string,
      role: string,
      holder: (mesh: Mesh) => string,
    ): Fault => ({
      what: `${role} of the token on ${name} revoked`,
      step: `${name}/token/${role}`,
      at,
      call: (mesh) => ({ to: at(mesh).contracts.token, data: revoke(role, holder(mesh)) }),
    });
    const homeRole = (
      contract: "controller" | "broadcaster",
      role: string,
      holder: (mesh: Mesh) => string,
    ): Fault => ({
      what: `${role} of the ${contract} revoked`,
      step: `local-home/${contract}/${role}`,
      at: home,
      call: (mesh) => ({ to: mesh.home.contracts[contract], data: revoke(role, holder(mesh)) }),
    });
    const pool = (
      what: string,
      step: string,
      data: (mesh: Mesh) => string,
      ...also: string[]
    ): Fault => ({
      what,
      step: `local-sat1/pool/${step}`,
      also: also.map((other) => `local-sat1/pool/${other}`),
      at: sat1,
      call: (mesh) => ({ to: sat1(mesh).contracts.pool, data: data(mesh) }),
    });
    const destination = (what: string, data: (mesh: Mesh) => string): Fault => ({
      what,
      step: "local-home/broadcaster/destination local-sat2",
      at: home,
      call: (mesh) => ({ to: mesh.home.contracts.broadcaster, data: data(mesh) }),
    });
    const source = (what: string, of: (mesh: Mesh) => [bigint, string]): Fault => ({
      what,
      step: "local-sat2/receiver/source",
      at: sat2,
      call: (mesh) => ({
        to: mesh.satellites[1]?.contracts.receiver ?? "",
        data: abi.receiver.encodeFunctionData("setSource", of(mesh)),
      }),
    });
    const remote = (mesh: Mesh, change: { pool?: string; token?: string }) => {
      const { selector, contracts } = mesh.home;
      const outbound = outboundLimit(mesh.config);
      return abi.pool.encodeFunctionData("applyChainUpdates", [
        [selector],
        [
          {
            remoteChainSelector: selector,
            remotePoolAddresses: [encodeAddress(change.pool ?? contracts.pool)],
            remoteTokenAddress: encodeAddress(change.token ?? contracts.token),
            outboundRateLimiterConfig: outbound,
            inboundRateLimiterConfig: inboundLimit(mesh.config),
          },
        ],
      ]);
    };
    const limits = (change: "outbound" | "inbound" | "both") => (mesh: Mesh) => {
      const remoteState = {
        outbound: outboundLimit(mesh.config),
        inbound: { isEnabled: true, capacity: INBOUND, rate: INBOUND / 1_000n },
      };
      const off = { isEnabled: false, capacity: 0n, rate: 0n };
      return abi.pool.encodeFunctionData("setChainRateLimiterConfig", [
        mesh.home.selector,
        change === "inbound" ? remoteState.outbound : off,
        change === "outbound" ? remoteState.inbound : off,
      ]);
    };

    const faults: Fault[] = [
      tokenRole(home, "local-home", "BRIDGE_ROLE", (mesh) => mesh.home.contracts.pool),
      tokenRole(home, "local-home", "REBASER_ROLE", (mesh) => mesh.home.contracts.controller),
      tokenRole(home, "local-home", "ISSUER_ROLE", ({ config }) => config.roles.issuer),
      tokenRole(sat1, "local-sat1", "BRIDGE_ROLE", (mesh) => sat1(mesh).contracts.pool),
      tokenRole(
        sat1,
        "local-sat1",
        "REBASER_ROLE",
        (mesh) => satellite(mesh, 0).contracts.receiver,
      ),
      tokenRole(sat2, "local-sat2", "GUARDIAN_ROLE", ({ config }) => config.roles.guardian),
      tokenRole(sat2, "local-sat2", "UNPAUSER_ROLE", ({ config }) => config.roles.operations),
      homeRole("controller", "REBASE_OPERATOR_ROLE", ({ config }) => config.roles.rebaseOperator),
      homeRole(
        "broadcaster",
        "TREASURY_SPENDER_ROLE",
        ({ config }) => config.roles.treasurySpender,
      ),
      homeRole("broadcaster", "TREASURY_WITHDRAWER_ROLE", ({ config }) => config.roles.operations),
      pool(
        "the pool knows another pool at home",
        "remote local-home",
        (mesh) => remote(mesh, { pool: SOMEONE }),
        `old pool ${SOMEONE} of local-home`,
      ),
      pool("the pool knows another token at home", "remote local-home", (mesh) =>
        remote(mesh, { token: SOMEONE }),
      ),
      pool("the pool has forgotten home", "remote local-home", ({ home: { selector } }) =>
        abi.pool.encodeFunctionData("applyChainUpdates", [[selector], []]),
      ),
      pool("no outbound limit", "limits local-home", limits("outbound")),
      pool("no inbound limit", "limits local-home", limits("inbound")),
      pool("no limits at all", "limits local-home", limits("both")),
      pool("somebody else may change limits", "rate limit admin", () =>
        abi.pool.encodeFunctionData("setRateLimitAdmin", [SOMEONE]),
      ),
      destination("a destination with other gas", (mesh) =>
        abi.broadcaster.encodeFunctionData("setDestination", [
          sat2(mesh).selector,
          satellite(mesh, 1).contracts.receiver,
          150_001n,
        ]),
      ),
      destination("a destination with another receiver", (mesh) =>
        abi.broadcaster.encodeFunctionData("setDestination", [
          sat2(mesh).selector,
          SOMEONE,
          150_000n,
        ]),
      ),
      destination("a destination removed", (mesh) =>
        abi.broadcaster.encodeFunctionData("removeDestination", [sat2(mesh).selector]),
      ),
      source("a receiver that listens to another chain", (mesh) => [
        sat1(mesh).selector,
        mesh.home.contracts.broadcaster,
      ]),
      source("a receiver that listens to another broadcaster", (mesh) => [
        mesh.home.selector,
        SOMEONE,
      ]),
      {
        what: "no pool in the registry",
        step: "local-sat1/registry/pool",
        at: sat1,
        call: (mesh) => ({
          to: sat1(mesh).ccip.tokenAdminRegistry,
          data: ccipAbi.registry.encodeFunctionData("setPool", [
            sat1(mesh).contracts.token,
            ZeroAddress,
          ]),
        }),
      },
    ];

    for (const { what, step, also = [], at, call } of faults) {
      const steps = [step, ...also];
      it(`${what}: ${steps.join(" and ")}`, async () => {
        const world = await loadFixture(wiredMeshFixture);
        const { mesh } = world;
        const sound = wiringOf(mesh, await readMesh(mesh));
        const chain = at(mesh);
        const { to, data } = call(mesh);
        await send(await impersonated(chain, chain.contracts.timelock), to, data);

        expect(await openIds(mesh)).to.deep.equal(steps);

        const { sent, open } = await apply(world, { allowDestructive: true });
        // The timelock is asked first; limits may be changed without it.
        const sends = (id: string) => (/\/pool\/(limits|room|close)/.test(id) ? 1 : 2);
        expect({ sent, open }).to.deep.equal({
          sent: steps.reduce((sum, id) => sum + sends(id), 0),
          open: [],
        });
        expect(withoutRecords(wiringOf(mesh, await readMesh(mesh)))).to.deep.equal(
          withoutRecords(sound),
        );
      });
    }
  });
});

/** The local mesh's inbound capacity: 100,000 outbound, +5 %, twice +10 %. */
const INBOUND = 127_050n * 10n ** 18n;

/** Runs until its life ends. @returns whether it did, or the run came to its own end. */
async function killed(world: MeshWorld, life: Life): Promise<boolean> {
  try {
    await apply(world, {
      signerFor: async (chain, account) => new MortalSigner(await signerFor(chain, account), life),
    });
    return false;
  } catch (error) {
    if (error instanceof KilledError) return true;
    throw error;
  }
}

/** A step and all that cannot be done without it. */
function dependentsOf(stepId: string, plan: readonly Step[]): Step[] {
  const found = new Set([stepId]);
  // A plan names a step after those it depends on.
  for (const { id: later, after } of plan)
    if (after.some((before) => found.has(before))) found.add(later);
  return plan.filter((step) => found.has(step.id));
}

/** What no state on the way may be: a lane that is open before all of them can be trusted. */
function expectNoHalfOpenLane(mesh: Mesh, state: MeshState): void {
  const plan = planMesh(mesh, state);
  const isDone = (step: (typeof plan)[number]) => step.status.kind === "done";
  const byId = new Map(plan.map((step) => [step.id, step]));
  for (const step of plan) {
    const begun = step.id.endsWith("/registry/pool") || step.id.endsWith("/offer");
    if (!begun || !isDone(step)) continue;
    const open = step.after.filter((stepId) => {
      const before = byId.get(stepId);
      return !before || !isDone(before);
    });
    expect(open, `open before ${step.id}`).to.be.empty;
  }
}

async function failureOf(run: Promise<unknown>): Promise<ApplyFailedError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof ApplyFailedError) return error;
    throw error;
  }
  throw new Error("The run came to its end.");
}

async function changeModule(
  { chains }: MeshWorld,
  { name, ccip }: MeshChain,
  change: "addRegistryModule" | "removeRegistryModule",
): Promise<void> {
  const chain = chains.find((candidate) => candidate.name === name);
  if (!chain) throw new Error(`CCIP does not run on ${name}.`);
  const registry = released("tokenAdminRegistry").interface;
  await send(
    chain.owner,
    ccip.tokenAdminRegistry,
    registry.encodeFunctionData(change, [ccip.registryModule]),
  );
}

async function send(signer: Signer, to: string, data: string): Promise<void> {
  await (await signer.sendTransaction({ to, data })).wait();
}

function revoke(role: string, account: string): string {
  return abi.token.encodeFunctionData("revokeRole", [id(role), account]);
}

function satellite(mesh: Mesh, index: number) {
  const chain = mesh.satellites[index];
  if (!chain) throw new Error(`The mesh has no satellite ${index}.`);
  return chain;
}

/** Without what the broadcaster remembers of a destination, which goes when the destination goes. */
function withoutRecords(wiring: unknown): string {
  return JSON.stringify(wiring, (key: string, value: unknown) => {
    if (key === "lastEpoch") return undefined;
    if (value instanceof Map) return [...value.entries()];
    return typeof value === "bigint" ? value.toString() : value;
  });
}
