import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { Localnet } from "../../../lib/localnet/localnet";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { keep } from "../../../lib/rebase/keeper";
import { isConverged } from "../../../lib/core/syncStatus";
import { readIndexes } from "../../../lib/mesh/readIndex";
import { throughFaults } from "../../shared/faultyMesh";
import type { FaultyMesh } from "../../shared/faultyMesh";
import { countAtHome, contextOf, keeperOptions, pass } from "../../shared/keeper";
import { startMesh } from "../../shared/savedMesh";

/** One in this many requests fails. */
const EVERY = 8;

describe("The keeper, through unreliable endpoints", () => {
  let directory: string;
  let localnet: Localnet;
  let direct: Mesh;
  let faulty: FaultyMesh;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "keeper-"));
    ({ localnet, mesh: direct } = await startMesh({ directory }));
    faulty = await throughFaults(localnet, direct, { every: EVERY });
  });

  after(async () => {
    await faulty.close();
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("rebases once and broadcasts once in each round", async () => {
    const { mesh, seed } = faulty;
    // Clocks and the DON belong to the test, and use the nodes directly.
    const world = { mesh: direct, chains: localnet.chains, ccip: localnet.ccip };
    const context = contextOf(
      { ...world, mesh },
      { sendOptions: () => ({ times: { recheckEvery: 200 } }) },
    );
    for (const epoch of [2n, 3n]) {
      const { exitCode } = await keep(context, keeperOptions(world).options);
      expect(exitCode, `SEED=${seed}`).to.equal(0);
      expect(await countAtHome(world, epoch), `SEED=${seed}`).to.deep.equal({
        rebases: Number(epoch) - 1,
        broadcasts: { "local-sat1": 1, "local-sat2": 1 },
      });
      await pass(world, 4_300);
    }
    expect(isConverged(await readIndexes(direct))).to.equal(true);
    expect(faulty.faults()).to.be.greaterThan(10);
  });
});
