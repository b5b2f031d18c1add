import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, parseEther } from "ethers";
import { LocalCcip, call, deployContract, sendAll } from "ccip-localnet";
import { messagesIn, released, toRouterMessage } from "ccip-localnet/protocol";
import type { CcipVersion, Message, VerificationSource } from "ccip-localnet/protocol";

import { localMesh } from "../../../config/meshes/local";
import { executeManually } from "../../../lib/ccip/manual";
import { wireMesh } from "../../../lib/localnet/wiring";
import { compareMesh } from "../../../lib/mesh/check";
import { abi } from "../../../lib/mesh/contracts";
import { parseMesh } from "../../../lib/mesh/schema";
import type { MeshInput } from "../../../lib/mesh/schema";
import { inProcessChains } from "../../shared/inProcessCcip";
import { apply, impersonated, openIds, passTimeAlone } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { withPoolsOfGeneration1 } from "../../shared/newPools";
import { Scenario, expectSuccess, mined, reasonOf } from "../../shared/scenario";
import { deployMesh } from "../../shared/world";

const OUT = "local-home -> local-sat1";
const SAFE = "0x00010000";
const GENERIC_EXTRA_ARGS_V3_TAG = "0xa69dd4aa";
const ONE = parseEther("1");
const FAST: MeshInput["lanes"]["fast"] = {
  [OUT]: { finality: "safe", capacity: "100", rate: "1" },
};

describe("What a lane of CCIP 2.0 may choose", () => {
  describe("faster-than-finality transfers", () => {
    it("are opened where they arrive first, take a limit of their own, and are drained before they are closed", async () => {
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

    it("that arrive at a pool that never allowed them wait until its timelock does; then anybody executes them", async () => {
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

    for (const [what, fixture, fault] of [
      ["on lanes of CCIP 1.6", on16Fixture, "local-home/lane to local-sat1/CCIP version"],
      ["through pools of generation 1", generation1Fixture, "local-home/pool/generation"],
    ] as const) {
      it(`are refused ${what}, and the verifiers of a lane too`, async () => {
        const world = await loadFixture(fixture);
        const verifier = world.mesh.home.contracts.token;
        for (const lanes of [
          { fast: FAST },
          { verifiers: { [OUT]: { source: [verifier], destination: [] } } },
        ]) {
          const { mesh } = withLanes(world, lanes);
          const { differences } = await compareMesh(mesh);
          expect(differences.map(({ id }) => id)).to.include(fault);
          await apply(withLanes(world, lanes), { whileWaiting: () => Promise.resolve(false) });
          expect(await openIds(mesh)).to.include(fault);
          const { differences: without } = await compareMesh(world.mesh);
          const left = without.map(({ id }) => id);
          expect(left.filter((id) => id.startsWith("local-home/pool/fast"))).to.be.empty;
          expect(left.filter((id) => id.includes("verifiers"))).to.be.empty;
        }
      });
    }
  });

  describe("another verifier", () => {
    it("is asked at the source, awaited by what left without it, then required; and leaves the other way round", async () => {
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
      // What had left without the result was let in before.
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);

      const { message } = await s.send(route, "alice", ONE, s.address("bob"));
      await s.verify(route);
      expect((await s.executeManually(route, message.messageId)).state).to.equal("failure");
      const both: VerificationSource = {
        verificationsOf: async (id) => {
          const [own] = await s.ccip.verificationsOf(id);
          return own ? [own, { verifier: destination, results: own.results }] : [];
        },
      };
      const stranger = s.signer(s.sat1, "stranger");
      expectSuccess([await executeManually(s.lane(route), message.messageId, stranger, {}, both)]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(2n * ONE);

      expectInOrder(await applied(world), [
        "local-sat1/pool/verifiers from local-home",
        "local-home/pool/former verifiers to local-sat1",
      ]);
      await s.send(route, "alice", ONE, s.address("bob"));
      expectSuccess(await s.deliver());
      await s.expectConserved();
    });

    it("that is required too early keeps what is in flight out, until the timelock requires it no longer", async () => {
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

async function wired(version: CcipVersion, generation: 1 | 2): Promise<MeshWorld> {
  const chains = await inProcessChains(3, undefined, version);
  const deployed = { mesh: await deployMesh(chains), chains, ccip: new LocalCcip(chains) };
  const world = generation === 1 ? await withPoolsOfGeneration1(deployed) : deployed;
  await wireMesh(world.mesh, world);
  const s = new Scenario(world);
  await s.give(s.home, "alice", parseEther("1000"));
  if (version === "2.0") await letCcipBeFast(s);
  return world;
}

function on20Fixture(): Promise<MeshWorld> {
  return wired("2.0", 2);
}

function on16Fixture(): Promise<MeshWorld> {
  return wired("1.6", 2);
}

function generation1Fixture(): Promise<MeshWorld> {
  return wired("2.0", 1);
}

/** The verifier and the executor of home take messages that wait for the safe tag. */
async function letCcipBeFast(s: Scenario): Promise<void> {
  const { ccip, owner } = s.ccipChain(s.home);
  await sendAll(owner, [
    call(ccip, "committeeVerifier", "setAllowedFinalityConfig", [SAFE]),
    call(ccip, "executorImplementation", "setDynamicConfig", [
      {
        feeAggregator: await owner.getAddress(),
        allowedFinalityConfig: SAFE,
        ccvAllowlistEnabled: false,
      },
    ]),
  ]);
}

function withLanes(world: MeshWorld, change: Partial<MeshInput["lanes"]>): MeshWorld {
  const file = localMesh(world.chains.length);
  const config = parseMesh({ ...file, lanes: { ...file.lanes, ...change } });
  return { ...world, mesh: { ...world.mesh, config } };
}

/** Runs the plan to its end. @returns the ids of what was sent. */
async function applied(world: MeshWorld): Promise<string[]> {
  const sent: string[] = [];
  const { open } = await apply(world, {
    onSent: ({ id }) => sent.push(id),
    whileWaiting: async (steps) => {
      if (!(await passTimeAlone(world, steps))) expectSuccess(await world.ccip.deliver());
      return true;
    },
  });
  expect(open.map(({ id, status }) => [id, status])).to.deep.equal([]);
  return sent;
}

async function byTimelock(
  { mesh }: MeshWorld,
  network: string,
  name: "setVerifiers" | "setAllowedFinalityConfig" | "setRateLimitConfig",
  args: readonly unknown[],
): Promise<void> {
  const chain = [mesh.home, ...mesh.satellites].find((one) => one.name === network);
  if (!chain) throw new Error(`There is no ${network}.`);
  const timelock = await impersonated(chain, chain.contracts.timelock);
  const data = abi.pool.encodeFunctionData(name as never, args as never);
  await (await timelock.sendTransaction({ to: chain.contracts.pool, data })).wait();
}

/** The timelock of a chain lets its pool take fast transfers on every lane, outside of any plan. */
async function allowBy(world: MeshWorld, network: string): Promise<void> {
  const limit = { isEnabled: true, capacity: 100n * ONE, rate: ONE };
  const { home, satellites } = world.mesh;
  await byTimelock(world, network, "setAllowedFinalityConfig", [SAFE]);
  await byTimelock(world, network, "setRateLimitConfig", [
    [home, ...satellites]
      .filter(({ name }) => name !== network)
      .map(({ selector }) => [selector, true, limit, limit]),
  ]);
}

/** Sends alice's tokens from home to bob on the first satellite, waiting for the safe tag only. */
async function sendFast(s: Scenario, amount: bigint): Promise<Message> {
  const { token } = s.home.contracts;
  await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, amount));
  const message = toRouterMessage({ receiver: s.address("bob"), tokens: [{ token, amount }] });
  return sendWith(s, { ...message, extraArgs: extraArgsV3(0, SAFE) });
}

async function sendWith(s: Scenario, message: Record<string, unknown>): Promise<Message> {
  const router = released("router").interface;
  const receipt = await mined(
    s.signer(s.home, "alice").sendTransaction({
      to: s.home.ccip.router,
      data: router.encodeFunctionData("ccipSend", [s.sat1.selector, message]),
      // What is too much stays with the router.
      value: ONE,
    }),
  );
  const [sent] = messagesIn(receipt);
  if (!sent) throw new Error("Nothing was sent.");
  return sent;
}

/** CCIP's GenericExtraArgsV3 with gas and finality alone. */
function extraArgsV3(gasLimit: number, finality: string): string {
  const gas = `0x${gasLimit.toString(16).padStart(8, "0")}`;
  return concat([GENERIC_EXTRA_ARGS_V3_TAG, gas, finality, `0x${"00".repeat(7)}`]);
}

/** Another resolver on a chain, by which the same committee is found. */
async function anotherResolver(
  s: Scenario,
  chain: Scenario["home"] | Scenario["sat1"],
): Promise<string> {
  const { ccip, owner } = s.ccipChain(chain);
  if (ccip.version !== "2.0") throw new Error(`${chain.name} has no verifiers.`);
  const resolver = await deployContract(owner, released("verifierResolver", "2.0"), []);
  const { interface: contract } = released("verifierResolver", "2.0");
  const tag = await ownTag(s, chain);
  const { committeeVerifier } = ccip as unknown as { committeeVerifier: string };
  const selectors = s.all.filter((one) => one !== chain).map(({ selector }) => selector);
  await sendAll(owner, [
    {
      label: "inbound",
      to: resolver,
      data: contract.encodeFunctionData("applyInboundImplementationUpdates", [
        [{ version: tag, verifier: committeeVerifier }],
      ]),
    },
    {
      label: "outbound",
      to: resolver,
      data: contract.encodeFunctionData("applyOutboundImplementationUpdates", [
        selectors.map((destChainSelector) => ({ destChainSelector, verifier: committeeVerifier })),
      ]),
    },
  ]);
  return resolver;
}

async function ownTag(s: Scenario, chain: Scenario["home"] | Scenario["sat1"]): Promise<string> {
  const { ccip, provider } = s.ccipChain(chain);
  const { committeeVerifier } = ccip as unknown as { committeeVerifier: string };
  const { interface: contract } = released("committeeVerifier", "2.0");
  const data = contract.encodeFunctionData("versionTag", []);
  const answer = await provider.call({ to: committeeVerifier, data });
  return String(contract.decodeFunctionResult("versionTag", answer)[0]);
}

function expectInOrder(sent: readonly string[], expected: readonly string[]): void {
  const positions = expected.map((id) => {
    expect(sent, "steps sent").to.include(id);
    return sent.indexOf(id);
  });
  expect(positions, expected.join(", ")).to.deep.equal([...positions].sort((a, b) => a - b));
}
