import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { deployContracts } from "../../../lib/localnet/contracts";
import { startLocalnet } from "../../../lib/localnet/localnet";
import type { Localnet } from "../../../lib/localnet/localnet";
import { signerFor } from "../../../lib/localnet/wiring";
import { applyMesh } from "../../../lib/mesh/apply";
import { chainsOf } from "../../../lib/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/mesh/mesh";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import { openProvider } from "../../../lib/rpc/provider";
import { Dice } from "../../shared/dice";
import { startFaultyRpc } from "../../shared/faultyRpc";
import type { Fault, FaultyRpc } from "../../shared/faultyRpc";
import { passTime } from "../../shared/meshFixture";

const FAULTS: readonly Fault[] = ["hang", "429", "throttled", "lose answer", "break"];

/** One request in so many meets a fault. */
const EVERY = 12;

describe("Wiring a mesh through endpoints that fail now and then", () => {
  let directory: string;
  let localnet: Localnet;
  let direct: Mesh;
  const endpoints: FaultyRpc[] = [];

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "faults-"));
    localnet = await startLocalnet({ directory });
    direct = await deployContracts(localnet);
  });

  after(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("ends where it should, and sends nothing twice", async () => {
    const dice = new Dice();
    const { seed } = dice;
    let faults = 0;
    const through = async <C extends MeshChain>(chain: C): Promise<C> => {
      const url = localnet.chains.find(({ name }) => name === chain.name)?.url ?? "";
      const endpoint = await startFaultyRpc(url);
      endpoints.push(endpoint);
      const provider = await openProvider(chain.name, endpoint.url, chain.chainId, {
        answerTimeoutMs: 400,
        patience: { attempts: 6, pauseMs: 5, maxPauseMs: 50 },
      });
      endpoint.inject(() => {
        if (dice.below(EVERY) > 0) return "pass";
        faults += 1;
        return dice.pick(FAULTS);
      });
      return { ...chain, provider };
    };
    const mesh: Mesh = {
      ...direct,
      home: await through(direct.home),
      satellites: await Promise.all(direct.satellites.map(through)),
    };
    const before = await transactionsOf(direct);
    const { sent, open } = await applyMesh(mesh, {
      signerFor,
      sendOptions: () => ({ times: { recheckEvery: 200 } }),
      // The clock and the DON are the test's own, and reach the nodes without a detour.
      whileWaiting: (steps) => passTime(localnet, steps),
    });
    chainsOf(mesh).forEach(({ provider }) => provider.destroy());
    expect(open, `SEED=${seed}`).to.be.empty;
    expect(openSteps(planMesh(direct, await readMesh(direct)))).to.be.empty;
    expect((await transactionsOf(direct)) - before, `SEED=${seed}`).to.equal(sent);
    expect(faults).to.be.greaterThan(10);
  });
});

/** Transactions of everybody who wires: the deployer and the operations account, on all chains. */
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
