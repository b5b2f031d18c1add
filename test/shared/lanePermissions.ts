import { expect } from "chai";
import { concat, parseEther } from "ethers";
import { call, deployContract, sendAll } from "ccip-localnet";
import { messagesIn, released, toRouterMessage } from "ccip-localnet/protocol";
import type { CcipVersion, Message } from "ccip-localnet/protocol";

import { coreMesh } from "../../config/meshes/local";
import { wireMesh } from "../../lib/localnet/wiring";
import { abi } from "../../lib/core/abis";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";

import { loadFixture } from "./fixture";
import { apply, impersonated, passTimeAlone } from "./meshFixture";
import type { MeshWorld } from "./meshFixture";
import { withPoolsOfGeneration1 } from "./newPools";
import { Scenario, expectSuccess, mined } from "./scenario";
import { unwiredIn, wiredIn } from "./world";

/** Finality that waits for the safe head. */
export const SAFE = "0x00010000";

const GENERIC_EXTRA_ARGS_V3_TAG = "0xa69dd4aa";
const ONE = parseEther("1");

/**
 * Wires three chains in process, with tokens for alice at home.
 * @param generation1 the chains whose pools are of generation 1.
 */
export async function wired(version: CcipVersion, ...generation1: string[]): Promise<MeshWorld> {
  const world = await wiredWithPools(version, generation1);
  const s = new Scenario(world);
  await s.give(s.home, "alice", parseEther("1000"));
  if (version === "2.0") await letCcipBeFast(s);
  return world;
}

async function wiredWithPools(
  version: CcipVersion,
  generation1: readonly string[],
): Promise<MeshWorld> {
  if (generation1.length === 0) return loadFixture(wiredIn[version]);
  const world = await withPoolsOfGeneration1(await loadFixture(unwiredIn[version]), ...generation1);
  await wireMesh(world.mesh, world);
  return world;
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

export function withLanes(world: MeshWorld, change: Partial<MeshInput["lanes"]>): MeshWorld {
  const file = coreMesh(world.chains.length);
  const config = parseMesh({ ...file, lanes: { ...file.lanes, ...change } });
  return { ...world, mesh: { ...world.mesh, config } };
}

/** Runs the plan to its end. @returns the ids of what was sent. */
export async function applied(world: MeshWorld): Promise<string[]> {
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

export async function byTimelock(
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
export async function allowBy(world: MeshWorld, network: string): Promise<void> {
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
export async function sendFast(s: Scenario, amount: bigint): Promise<Message> {
  const { token } = s.home.contracts;
  await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, amount));
  const message = toRouterMessage({ receiver: s.address("bob"), tokens: [{ token, amount }] });
  return sendWith(s, { ...message, extraArgs: extraArgsV3(0, SAFE) });
}

export async function sendWith(s: Scenario, message: Record<string, unknown>): Promise<Message> {
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
export function extraArgsV3(gasLimit: number, finality: string): string {
  const gas = `0x${gasLimit.toString(16).padStart(8, "0")}`;
  return concat([GENERIC_EXTRA_ARGS_V3_TAG, gas, finality, `0x${"00".repeat(7)}`]);
}

/** Another resolver on a chain, by which the same committee is found. */
export async function anotherResolver(
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

export function expectInOrder(sent: readonly string[], expected: readonly string[]): void {
  const positions = expected.map((id) => {
    expect(sent, "steps sent").to.include(id);
    return sent.indexOf(id);
  });
  expect(positions, expected.join(", ")).to.deep.equal([...positions].sort((a, b) => a - b));
}
