import { expect } from "chai";

import { localMesh } from "../../config/meshes/local";
import { abi } from "../../lib/core/abis";
import { growthFactor } from "../../lib/core/growth";
import { destinationGas, notifyGas } from "../../lib/core/mesh/listeners";
import type { Mesh, SatelliteChain } from "../../lib/core/mesh/mesh";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { contractAt } from "../../lib/core/abis";
import { listenersOf } from "../../lib/mesh/components/notifier";
import { CCIP_VERSION } from "../shared/ccipVersion";
import { loadFixture } from "../shared/fixture";
import { deployGreedyListener } from "../shared/listeners";
import { apply } from "../shared/meshFixture";
import { Scenario, expectSuccess, mined } from "../shared/scenario";
import { completeIn } from "../shared/world";

/** The listeners of a satellite besides the shipped ones: gas of each, all of which they use. */
const CROWDS: readonly { readonly what: string; readonly gas: readonly number[] }[] = [
  { what: "the shipped ones alone", gas: [] },
  { what: "one more", gas: [600_000] },
  { what: "many small ones", gas: Array.from({ length: 12 }, () => 10_000) },
  { what: "as much as a notifier takes", gas: [900_000, 30_000, 650_000] },
];

describe(`The gas that a plan buys for the listeners of a satellite (CCIP ${CCIP_VERSION})`, () => {
  for (const { what, gas } of CROWDS) {
    it(`tells all of them, if they use all of theirs: ${what}`, async () => {
      const { s, sat } = await satelliteWith(gas);
      const notifier = contractAt.notifier(sat.contracts.notifier ?? "", sat.provider);
      const listeners = listenersOf(s.mesh, sat);
      expect(await notifier.getNotifyGas()).to.equal(notifyGas(listeners));
      const { gasLimit } = await s.broadcaster().getDestination(sat.selector);
      expect(gasLimit).to.equal(destinationGas(s.mesh.config, sat.name).total);

      // A loss may count at once.
      const controller = s.controller("rebaseOperator");
      await s.waitUntil(await controller.earliestEffectiveAt());
      await mined(controller.rebaseAfter(growthFactor("-1"), 0, await s.nextEpoch()));
      expect(await toldBy(s, sat)).to.have.members(listeners.map(({ address }) => address));

      // A gain counts later: here its broadcast arrives after that.
      const effectiveAt = await s.rebaseHome("2");
      await s.waitUntil(effectiveAt);
      expect(await toldBy(s, sat)).to.have.members(listeners.map(({ address }) => address));
    });
  }
});

/** A complete mesh whose first satellite has more listeners, and the least gas for the sync itself. */
async function satelliteWith(gas: readonly number[]) {
  const world = await loadFixture(completeIn[CCIP_VERSION]);
  const [sat] = world.mesh.satellites;
  if (!sat) throw new Error("The mesh has no satellite.");
  const deployer = new Scenario(world).signer(sat, "deployer");
  const listeners: { address: string; gas: number }[] = [];
  for (const one of gas)
    listeners.push({ address: await deployGreedyListener(deployer), gas: one });
  const input: MeshInput = {
    ...localMesh(),
    chains: { [sat.name]: { listeners, gasLimit: 125_000 } },
  };
  const mesh: Mesh = { ...world.mesh, config: parseMesh(input) };
  const { open } = await apply({ ...world, mesh });
  expect(open).to.be.empty;
  return { s: new Scenario({ ...world, mesh }, world.ccip), sat };
}

/** Broadcasts to a satellite, and returns the listeners that the execution told; none may fail or be skipped. */
async function toldBy(s: Scenario, sat: SatelliteChain): Promise<string[]> {
  const route = { from: s.home, to: sat };
  const { messages } = await s.broadcastAll([sat]);
  await s.verify(route);
  const deliveries = await s.ccip.execute(s.lane(route), messages);
  expectSuccess(deliveries);
  const receipt = await sat.provider.getTransactionReceipt(deliveries[0]?.transactionHash ?? "");
  const events = (receipt?.logs ?? [])
    .filter(({ address }) => address === sat.contracts.notifier)
    .map((log) => abi.notifier.parseLog(log));
  expect(new Set(events.map((event) => event?.name))).to.deep.equal(new Set(["ListenerNotified"]));
  return events.map((event) => String(event?.args.listener));
}
