import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Contract, ZeroAddress, id, zeroPadValue } from "ethers";
import type { Signer } from "ethers";
import { curse, localAccount, uncurse } from "ccip-localnet";
import { released } from "ccip-localnet/protocol";

import { coreMesh } from "../../../config/meshes/local";
import { executeManually } from "../../shared/executeManually";
import { sendOptionsOn } from "../../../lib/hardhat/meshSession";
import { signerFor } from "../../../lib/localnet/wiring";
import { ApplyFailedError } from "../../../lib/mesh/apply";
import { compareMesh } from "../../../lib/mesh/check";
import { abi } from "../../../lib/core/abis";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { planMesh } from "../../../lib/mesh/plan";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { RebaseBroadcaster__factory } from "../../../typechain-types";
import { EXPECTED } from "../../shared/ccipExpectations";
import { loadFixture } from "../../shared/fixture";
import {
  IdleSigner,
  apply,
  deployedMeshFixture,
  halfOpenLanes,
  impersonated,
  killed,
  passTime,
  openIds,
  wiredMeshFixture,
  wiringOf,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

describe("Wiring a mesh", () => {
  it("from nothing leaves no open step [I37]", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { mesh } = world;
    const planned = await openIds(mesh);
    const sentIds: string[] = [];
    const { sent, open } = await apply(world, { onSent: (step) => sentIds.push(step.id) });
    expect(open).to.be.empty;
    expect(sent).to.equal(sentIds.length);
    expect(new Set(sentIds).size, "steps sent once").to.equal(sent);
    expect([...planned, ...cancellerSteps(mesh, "propose ")]).to.include.members(sentIds);
    expect(await openIds(mesh)).to.be.empty;
    expect(await apply(world)).to.deep.equal({ sent: 0, open: [] });
  });

  it("reports the obstacle when it cannot wait", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { open } = await apply(world, { whileWaiting: () => Promise.resolve(false) });
    const waiting = open.filter(({ status }) => status.kind === "waiting");
    const isTimelocks = ({ id: stepId }: Pick<Step, "id">) => stepId.includes("CANCELLER_ROLE");
    expect(waiting.filter(isTimelocks).map(({ id: stepId }) => stepId)).to.deep.equal(
      cancellerSteps(world.mesh),
    );
    const others = waiting.filter((step) => !isTimelocks(step));
    expect(others.map(({ id: stepId, status }) => [stepId, status])).to.deep.equal(
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

    it("continues, sends nothing twice, and never opens a half-wired lane [H5, H8, I38]", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const straight = await readMesh(world.mesh);
      const toSend = planMesh(world.mesh, straight).filter(
        ({ status }) => status.kind === "todo",
      ).length;
      let runs = 0;
      while (await killed(world, { sends: 1 })) {
        runs += 1;
        expect(await halfOpenLanes(world.mesh)).to.be.empty;
      }
      // The limits of a lane are set together with it, so their steps are omitted; steps of a timelock are proposed
      // first.
      expect(runs).to.equal(toSend + chainsOf(world.mesh).length);
      expect(wiringOf(world.mesh, await readMesh(world.mesh))).to.deep.equal(expected);
    });

    for (const sends of [24, 48]) {
      it(`and run again after ${sends}, ends where an undisturbed run ends [H5, I38]`, async () => {
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

  it("twice at once ends like one run, and sends nothing twice", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const sent = new Set<string>();
    const { deployer, home, config } = world.mesh;
    const count = async () => {
      const accounts = [deployer, config.roles.operations];
      const counts = accounts.map((account) => home.provider.getTransactionCount(account));
      return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
    };
    const before = await count();
    let turn = Promise.resolve(true);
    const one = () =>
      apply(world, {
        onSent: (step) => sent.add(step.id),
        // There is only one clock, and one DON.
        whileWaiting: (steps) => (turn = turn.then(() => passTime(world, steps))),
      });
    const runs = await Promise.all([one(), one()]);
    expect(runs.flatMap(({ open }) => open)).to.be.empty;
    expect((await count()) - before).to.equal(sent.size);
    expect(await openIds(world.mesh)).to.be.empty;
  });

  it("pays no more for gas than the mesh file allows, and names the setting to raise", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const config = parseMesh({
      ...coreMesh(3),
      chains: { "local-sat2": { maxGasPriceGwei: "0.000000001" } },
    });
    const sendOptions = ({ name }: MeshChain) => sendOptionsOn(config, name);
    const failed: string[] = [];
    const onFailed = (step: Step, reason: string) => void failed.push(`${step.chain}: ${reason}`);
    const running = apply(world, { sendOptions, onFailed });
    await expect(running).to.be.rejectedWith(ApplyFailedError, "of the steps failed");
    expect(failed).to.not.be.empty;
    for (const line of failed) {
      expect(line).to.match(
        /^local-sat2: gas on local-sat2 costs [\d.]+ gwei, above the ceiling of 0\.000000001 gwei: wait, or raise chains\.local-sat2\.maxGasPriceGwei in the file of mesh local\.$/,
      );
    }
  });

  it("continues without an account that cannot sign, and names its steps", async () => {
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
    const cancellers = cancellerSteps(world.mesh, "propose ");
    expect(failure.failures.map(({ step }) => step.id)).to.have.members([
      ...proposals,
      ...cancellers,
    ]);
    expect(failure.message)
      .to.include(`from ${operations}`)
      .and.to.include("the Safe signs elsewhere");
    expect(await openIds(world.mesh)).to.have.members([
      ...proposals,
      ...chainsOf(world.mesh).map(({ name }) => `${name}/timelock/accept`),
      ...cancellerSteps(world.mesh),
    ]);
    expect((await apply(world)).open).to.be.empty;
  });

  it("does not repeat a step that changes nothing", async () => {
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
    const issuers = stateOf(state, world.mesh.home).held.filter(
      ({ role }) => role === "ISSUER_ROLE",
    );
    expect(issuers.map(({ account }) => account)).to.not.include(issuer);
    expect((await apply(world)).open).to.be.empty;
  });

  it("waits for a lane that is down, opens nothing meanwhile, and continues when it is up", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const lane = world.ccip.lane("local-home", "local-sat2");
    await curse(lane);
    const { open } = await apply(world, {
      whileWaiting: async () => (await world.ccip.deliver()).length > 0,
    });
    const waiting = open.filter(
      ({ id: stepId, status }) => status.kind === "waiting" && !stepId.includes("/timelock/"),
    );
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

  describe("with a first broadcast that was sent too early", () => {
    it("ends when it failed, names the repair, and continues once it was executed", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { mesh, ccip } = world;
      const sat2 = satellite(mesh, 1);
      await broadcastTo(world, sat2, sat2.contracts.receiver);
      expect((await ccip.deliver()).map(({ state }) => state)).to.deep.equal(["failure"]);
      const { lastMessageId } = await broadcasterOf(mesh).getDestination(sat2.selector);

      const { open } = await apply(world);
      const genesis = open.find(({ id: step }) => step.includes("/genesis "));
      expect(genesis?.status).to.deep.equal({
        kind: "waiting",
        cause: "repair",
        reason: `manual work: the first broadcast failed on local-sat2, and npx hardhat message doctor ${lastMessageId} --mesh local says how to recover it (${EXPECTED.refusedByReceiver(`UnexpectedSource(selector: ${mesh.home.selector}, sender: ${zeroPadValue(mesh.home.contracts.broadcaster, 32).toLowerCase()})`)}: the receiver takes broadcasts from the home's broadcaster only)`,
      });
      const { differences } = await compareMesh(mesh);
      expect(differences.map(({ id: step }) => step)).to.include(genesis?.id);

      const lane = ccip.lane("local-home", "local-sat2");
      await executeManually(lane, lastMessageId, localAccount(10, sat2.provider), {}, ccip);
      expect((await apply(world)).open).to.be.empty;
    });

    it("sends it again when its receiver did not exist", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const sat2 = satellite(world.mesh, 1);
      await broadcastTo(world, sat2, sat2.contracts.timelock);
      expect((await world.ccip.deliver()).map(({ state }) => state)).to.deep.equal(["success"]);
      expect((await apply(world)).open).to.be.empty;
      expect(await openIds(world.mesh)).to.be.empty;
    });
  });

  it("pays for no first broadcast to a receiver that CCIP would skip", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const sat2 = satellite(world.mesh, 1);
    const { receiver } = sat2.contracts;
    const code = await sat2.provider.getCode(receiver);
    await setCode(receiver, code.replaceAll("85572ffb", "85572ffc"));
    for (let runs = 0; runs < 2; runs++) await apply(world);
    const { lastEpoch } = await broadcasterOf(world.mesh).getDestination(sat2.selector);
    expect(lastEpoch).to.equal(0n);
    await setCode(receiver, code);
    expect((await apply(world)).open).to.be.empty;
  });

  describe("when complete", () => {
    it("declares no gas limit that the broadcaster would refuse, and refuses none that it accepts", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      const broadcaster = broadcasterOf(mesh);
      const limits = await Promise.all([broadcaster.MIN_GAS_LIMIT(), broadcaster.MAX_GAS_LIMIT()]);
      const [least, most] = limits.map(Number);
      const parse = (gasLimit = 0) => parseMesh({ ...coreMesh(), broadcaster: { gasLimit } });
      for (const taken of [least, most]) expect(parse(taken).broadcaster.gasLimit).to.equal(taken);
      for (const refused of [(least ?? 0) - 1, (most ?? 0) + 1]) {
        expect(() => parse(refused)).to.throw(`broadcaster.gasLimit = ${refused}`);
      }
    });

    it("makes the timelocks the only administrators [C23]", async () => {
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

    it("leaves no role to the deployer, on any contract that gives roles [G9]", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      for (const { contracts, provider } of chainsOf(mesh)) {
        const givers = ["timelock", "token", "controller", "broadcaster"] as const;
        const addresses = new Map<string, string>(Object.entries(contracts));
        for (const giver of givers) {
          const address = addresses.get(giver);
          if (address === undefined) continue;
          const contract = new Contract(address, abi[giver], provider);
          const roles = abi[giver].fragments.flatMap((fragment) =>
            "name" in fragment && String(fragment.name).endsWith("_ROLE") ? [fragment.name] : [],
          );
          expect(roles, giver).to.include("DEFAULT_ADMIN_ROLE").and.have.length.above(1);
          for (const role of roles) {
            const value: unknown = await contract.getFunction(String(role)).staticCall();
            const has: unknown = await contract.getFunction("hasRole")(value, mesh.deployer);
            expect(has, `${String(role)} of the ${giver}`).to.equal(false);
          }
        }
      }
    });

    it("names the reason of a failure in this project's own contracts too", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { mesh } = world;
      const sat1 = satellite(mesh, 0);
      const timelock = await impersonated(sat1, sat1.contracts.timelock);
      await send(timelock, sat1.contracts.token, revoke("BRIDGE_ROLE", sat1.contracts.pool));
      const thirdParty = localAccount(10, sat1.provider);
      const failure = await failureOf(
        apply(world, { signerFor: () => Promise.resolve(thirdParty) }),
      );
      expect(failure.message)
        .to.include("local-sat1/timelock/propose token/BRIDGE_ROLE")
        .and.to.include(`AccessControlUnauthorizedAccount(account: ${thirdParty.address}`)
        .and.to.include(
          `${thirdParty.address} lacks PROPOSER_ROLE on local-sat1; it is held by ${mesh.config.roles.operations} (timelock)`,
        );
    });

    it("that fails on one chain continues through the delays of the others", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = coreMesh();
      const config = parseMesh({ ...file, admin: { ...file.admin, timelockDelay: 120 } });
      const changed = { ...world, mesh: { ...world.mesh, config } };
      const told: string[] = [];
      const failure = await failureOf(
        apply(changed, {
          onFailed: ({ id: step }, reason) => told.push(`${step}: ${reason}`),
          signerFor: (chain, account) =>
            chain.name === "local-sat1"
              ? Promise.reject(new Error("the ledger is not plugged in"))
              : signerFor(chain, account),
        }),
      );
      const step = "local-sat1/timelock/propose timelock/delay";
      expect(failure.failures.map((one) => one.step.id)).to.deep.equal([step]);
      expect(told).to.deep.equal([`${step}: the ledger is not plugged in`]);
      expect(await openIds(changed.mesh)).to.deep.equal(["local-sat1/timelock/delay"]);
    });

    it("repeats a handover that was taken back from a timelock", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const sat1 = satellite(world.mesh, 0);
      const { pool, timelock } = sat1.contracts;
      const deployer = localAccount(0, sat1.provider);
      for (const round of [1, 2]) {
        const offer = abi.pool.encodeFunctionData("transferOwnership", [deployer.address]);
        await send(await impersonated(sat1, timelock), pool, offer);
        await send(deployer, pool, abi.pool.encodeFunctionData("acceptOwnership"));
        const { sent, open } = await apply(world);
        expect({ sent, open }, `round ${round}`).to.deep.equal({ sent: 3, open: [] });
      }
    });
  });
});

/** Returns the ids of the steps that make the guardian a canceller of every timelock, or of their proposals. */
function cancellerSteps(mesh: Mesh, verb: "" | "propose " = ""): string[] {
  const step = `CANCELLER_ROLE ${mesh.config.roles.guardian}`;
  return chainsOf(mesh).map(
    ({ name }) => `${name}/timelock/${verb}${verb === "" ? "" : "timelock/"}${step}`,
  );
}

/** Broadcasts to a satellite whose receiver is not paired yet. */
async function broadcastTo({ mesh }: MeshWorld, { selector }: MeshChain, receiver: string) {
  const { deployer, home } = mesh;
  const broadcaster = broadcasterOf(mesh);
  const admin = broadcaster.connect(await impersonated(home, deployer));
  await (await admin.setDestination(selector, receiver, mesh.config.broadcaster.gasLimit)).wait();
  const { total } = await broadcaster.quote([selector], ZeroAddress);
  const anyone = broadcaster.connect(localAccount(10, home.provider));
  await (await anyone.broadcast([selector], ZeroAddress, total, { value: total })).wait();
}

function broadcasterOf({ home }: Mesh) {
  return RebaseBroadcaster__factory.connect(home.contracts.broadcaster, home.provider);
}

/** Returns a step and all steps that depend on it. */
function dependentsOf(stepId: string, plan: readonly Step[]): Step[] {
  const found = new Set([stepId]);
  // A plan lists a step after its dependencies.
  for (const { id: later, after } of plan)
    if (after.some((before) => found.has(before))) found.add(later);
  return plan.filter((step) => found.has(step.id));
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
