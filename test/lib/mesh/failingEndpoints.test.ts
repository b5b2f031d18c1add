import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { Localnet } from "../../../lib/localnet/localnet";
import { signerFor } from "../../../lib/localnet/wiring";
import { applyMesh } from "../../../lib/mesh/apply";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import { throughFaults } from "../../shared/faultyMesh";
import type { FaultyMesh } from "../../shared/faultyMesh";
import { passTime } from "../../shared/meshFixture";
import { startMesh } from "../../shared/savedMesh";

/** One in this many requests fails. */
const EVERY = 12;

describe("Wiring a mesh through unreliable endpoints", () => {
  let directory: string;
  let localnet: Localnet;
  let direct: Mesh;
  let faulty: FaultyMesh;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "faults-"));
    ({ localnet, mesh: direct } = await startMesh({ directory, unwired: true }));
    faulty = await throughFaults(localnet, direct, { every: EVERY });
  });

  after(async () => {
    await faulty.close();
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("reaches the declared state, and sends nothing twice [H6]", async () => {
    const { mesh, seed } = faulty;
    const before = await transactionsOf(direct);
    const { sent, open } = await applyMesh(mesh, {
      signerFor,
      sendOptions: () => ({ times: { recheckEvery: 200 } }),
      // The clock and the DON belong to the test, and use the nodes directly.
      whileWaiting: (steps) => passTime(localnet, steps),
    });
    expect(open, `SEED=${seed}`).to.be.empty;
    expect(openSteps(planMesh(direct, await readMesh(direct)))).to.be.empty;
    expect((await transactionsOf(direct)) - before, `SEED=${seed}`).to.equal(sent);
    expect(faulty.faults()).to.be.greaterThan(10);
  });
});

/**
 * Returns the number of transactions of all wiring accounts: the deployer and the operations account, on all
 * chains.
 */
async function transactionsOf(mesh: Mesh): Promise<number> {
  const counts = await Promise.all(
    chainsOf(mesh).flatMap(({ provider }) =>
      [mesh.deployer, mesh.config.roles.operations].map((account) =>
        provider.getTransactionCount(account),
      ),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
