import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { deployContracts } from "../../../lib/localnet/contracts";
import { startLocalnet } from "../../../lib/localnet/localnet";
import type { Localnet } from "../../../lib/localnet/localnet";
import { wireMesh } from "../../../lib/localnet/wiring";
import { chainsOf } from "../../../lib/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/mesh/mesh";
import { keep } from "../../../lib/rebase/keeper";
import { isConverged, readIndexes } from "../../../lib/mesh/follow";
import { openProvider } from "../../../lib/rpc/provider";
import { Dice } from "../../shared/dice";
import { startFaultyRpc } from "../../shared/faultyRpc";
import type { Fault, FaultyRpc } from "../../shared/faultyRpc";
import { countAtHome, deskOf, keeperOptions, pass } from "../../shared/keeping";

const FAULTS: readonly Fault[] = ["hang", "429", "throttled", "lose answer", "break"];

/** One request in so many meets a fault. */
const EVERY = 8;

describe("The keeper, through endpoints that fail now and then", () => {
  let directory: string;
  let localnet: Localnet;
  let direct: Mesh;
  const endpoints: FaultyRpc[] = [];

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "keeper-"));
    localnet = await startLocalnet({ directory });
    direct = await deployContracts(localnet);
    await wireMesh(direct, localnet);
  });

  after(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("rebases once and broadcasts once, time after time", async () => {
    const dice = new Dice();
    const { seed } = dice;
    let faults = 0;
    const through = async <C extends MeshChain>(chain: C): Promise<C> => {
      const url = localnet.chains.find(({ name }) => name === chain.name)?.url ?? "";
      const endpoint = await startFaultyRpc(url);
      endpoints.push(endpoint);
      const provider = await openProvider(chain.name, endpoint.url, chain.chainId, {
        answerTimeoutMs: 400,
        patience: { attempts: 3, pauseMs: 5, maxPauseMs: 50 },
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
    // Clocks and the DON are the test's own, and reach the nodes without a detour.
    const world = { mesh: direct, chains: localnet.chains, don: localnet.don };
    const desk = deskOf(
      { ...world, mesh },
      { sendOptions: () => ({ times: { recheckEvery: 200 } }) },
    );
    for (const epoch of [2n, 3n]) {
      const { exitCode } = await keep(desk, keeperOptions(world).options);
      expect(exitCode, `SEED=${seed}`).to.equal(0);
      expect(await countAtHome(world, epoch), `SEED=${seed}`).to.deep.equal({
        rebases: Number(epoch) - 1,
        broadcasts: { "local-sat1": 1, "local-sat2": 1 },
      });
      await pass(world, 4_300);
    }
    chainsOf(mesh).forEach(({ provider }) => provider.destroy());
    expect(isConverged(await readIndexes(direct))).to.equal(true);
    expect(faults).to.be.greaterThan(10);
  });
});
