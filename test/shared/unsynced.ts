import type { Mesh } from "../../lib/core/mesh/mesh";
import { planMesh } from "../../lib/mesh/plan";
import { readMesh } from "../../lib/mesh/state";
import { readySteps } from "../../lib/mesh/step";
import type { Step } from "../../lib/mesh/step";

import { impersonate } from "./impersonate";
import { Scenario } from "./scenario";
import { deploySatellite } from "./world";

/**
 * The second satellite with fresh contracts, wired in every way but one: its lanes are open and it
 * has not had its first index. The plan's order forbids exactly that, so its steps are taken as they
 * come, as if the first broadcast had arrived.
 */
export async function withUnsyncedSatellite(s: Scenario): Promise<Scenario> {
  const fresh = await deploySatellite(s.mesh.config, s.ccipChain(s.sat2));
  const mesh: Mesh = { ...s.mesh, satellites: [s.sat1, fresh] };
  for (;;) {
    const steps = readySteps(planMesh(mesh, await readMesh(mesh)).map(genesisDone));
    if (steps.length === 0) {
      const scenario = new Scenario({ mesh, chains: s.chains });
      // A lane that was opened just now lets next to nothing through.
      await scenario.refillBuckets();
      return scenario;
    }
    for (const { chain, call } of steps) {
      const provider = s.chains.find(({ name }) => name === chain)?.provider;
      if (!provider) throw new Error(`CCIP does not run on ${chain}.`);
      const { from, to, data } = call;
      await (await (await impersonate(provider, from)).sendTransaction({ to, data })).wait();
    }
  }
}

function genesisDone(step: Step): Step {
  return step.id.includes("/broadcaster/genesis") ? { ...step, status: { kind: "done" } } : step;
}
