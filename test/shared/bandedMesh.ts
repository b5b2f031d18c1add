import { abi } from "../../lib/core/abis";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { Mesh, SatelliteChain } from "../../lib/core/mesh/mesh";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { coreMesh } from "../../config/meshes/local";
import type { Message } from "ccip-localnet/protocol";

import { encodeBroadcast, indexOf } from "./broadcasting";
import type { IndexState } from "./broadcasting";
import { sendData } from "./ccipMessages";
import { loadFixture } from "./fixture";
import { impersonate } from "./impersonate";
import { byTimelock, giveLink } from "./keeper";
import { wiredMeshFixture } from "./meshFixture";
import { parseEther } from "ethers";
import { Scenario, expectSuccess } from "./scenario";

/** +10 % to -10 % an hour as home may rebase, one step at once, three by hand. */
export const BAND = {
  minGrowthFactor: "0.9",
  maxGrowthFactor: "1.1",
  minInterval: 3_600,
  maxSteps: 1,
  maxStepsByHand: 3,
} as const satisfies NonNullable<MeshInput["receiver"]>["band"];

/** {@link BAND} as the receiver stores it. */
export const STORED_BAND = {
  maxGrowth: 100_000n,
  maxLoss: 100_000n,
  minInterval: 3_600n,
  maxSteps: 1n,
  maxStepsByHand: 3n,
};

/** A wired mesh whose satellites bound what they believe, with its mesh file. */
async function bandedFixture(): Promise<Scenario> {
  const world = await loadFixture(wiredMeshFixture);
  await giveLink(world, world.mesh.operator, parseEther("100"));
  const config = parseMesh({ ...coreMesh(), receiver: { band: BAND } });
  const mesh: Mesh = { ...world.mesh, config };
  for (const chain of mesh.satellites) {
    const data = abi.receiver.encodeFunctionData("setBand", [STORED_BAND]);
    await byTimelock(chain, chain.contracts.receiver, data);
  }
  return new Scenario({ ...world, mesh });
}

/** A mesh whose satellites bound what they believe. */
export async function bandedMesh(): Promise<Scenario> {
  const { mesh, chains } = await loadFixture(bandedFixture);
  return new Scenario({ mesh, chains });
}

/** Home rebases by +10 % some times, and only then broadcasts: the satellite takes one step at once. */
export async function missRebases(s: Scenario, count: number): Promise<Message> {
  for (let i = 0; i < count; i++) await s.waitUntil(await s.rebaseHome("10"));
  const [message] = (await s.broadcastAll([s.sat1])).messages;
  if (!message) throw new Error("Home broadcast nothing.");
  await s.verify({ from: s.home, to: s.sat1 });
  expectSuccess(await s.execute({ from: s.home, to: s.sat1 }));
  return message;
}

/** The broadcaster of home, as if it were taken over, sends any index state; it is left in flight. */
export async function hostileBroadcast(
  s: Scenario,
  to: SatelliteChain,
  state: Partial<IndexState>,
): Promise<Message> {
  const { provider } = s.ccipChain(s.home);
  const sender = await impersonate(provider, s.home.contracts.broadcaster);
  const sentAt = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
  const data = encodeBroadcast({ ...(await indexOf(s, to)), ...state }, sentAt);
  const { receiver } = to.contracts;
  const lane = s.lane({ from: s.home, to });
  const [message] = await sendData(lane, [{ receiver, data, gasLimit: 200_000n }], sender);
  if (!message) throw new Error("The broadcaster sent nothing.");
  return message;
}

/** {@link hostileBroadcast}, executed. */
export async function deceive(
  s: Scenario,
  to: SatelliteChain,
  state: Partial<IndexState>,
): Promise<Message> {
  const message = await hostileBroadcast(s, to, state);
  await s.verify({ from: s.home, to });
  expectSuccess(await s.execute({ from: s.home, to }));
  return message;
}
