import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { ZeroAddress, parseEther } from "ethers";
import hre from "hardhat";

import { exportMesh } from "../../../lib/cli/mesh/plan";
import { OperatorError } from "../../../lib/core/errors";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain, RecordedImplementation } from "../../../lib/core/mesh/mesh";
import { committedLayout } from "../../../lib/deployments/layout";
import { DeploymentStore } from "../../../lib/deployments/store";
import { isReplaceable } from "../../../lib/hardhat/replacement";
import type { Replacement } from "../../../lib/hardhat/replacement";
import { signerFor } from "../../../lib/localnet/wiring";
import { implementationOf, implementationProblems } from "../../../lib/mesh/components/token";
import { readPlan } from "../../../lib/mesh/read";
import { upgradesOn } from "../../../lib/mesh/selection";
import { openSteps } from "../../../lib/mesh/step";
import {
  LibraryHarness__factory,
  RebaseTokenNext__factory,
  RebaseToken__factory,
} from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { apply, openIds, passTimeAlone, wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { contextAt } from "../../shared/operatorContext";
import { Scenario, expectSuccess } from "../../shared/scenario";

const SAT1 = "local-sat1";
const INTERFACE = RebaseTokenNext__factory.createInterface();
const MIGRATION = INTERFACE.encodeFunctionData("initializeNext", [42n]);

/** A wired mesh with holders on every chain, and a transfer in flight on every lane. */
async function busyFixture(): Promise<MeshWorld> {
  const world = await loadFixture(wiredMeshFixture);
  const s = new Scenario(world);
  for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  for (const from of s.all) {
    for (const to of s.all.filter((chain) => chain !== from)) {
      await s.send({ from, to }, "alice", parseEther("10"), s.address("bob"));
    }
  }
  return world;
}

/** Returns a mesh whose recorded token implementation differs from the running one. */
async function withRecords(
  mesh: Mesh,
  record: (chain: MeshChain, running: string) => Promise<RecordedImplementation>,
): Promise<Mesh> {
  const recorded = async <C extends MeshChain>(chain: C): Promise<C> => {
    const running = await implementationOf(chain.provider, chain.contracts.token);
    return { ...chain, implementation: await record(chain, running) };
  };
  const home = await recorded(mesh.home);
  const satellites = [];
  for (const chain of mesh.satellites) satellites.push(await recorded(chain));
  return { ...mesh, home, satellites };
}

/** The deployer, which has a key on every chain. */
let chainDeployer = "";

async function deployNext(chain: MeshChain): Promise<string> {
  const deployer = await signerFor(chain, chainDeployer);
  return (await new RebaseTokenNext__factory(deployer).deploy()).getAddress();
}

describe("A recorded implementation that the token does not run yet", () => {
  async function busyWorld(): Promise<MeshWorld> {
    const world = await loadFixture(busyFixture);
    chainDeployer = world.mesh.deployer;
    return world;
  }

  it("is upgraded to through the timelocks, with its migration and transfers in flight", async () => {
    const world = await busyWorld();
    const next = new Map<string, string>();
    for (const chain of chainsOf(world.mesh)) next.set(chain.name, await deployNext(chain));
    const mesh = await withRecords(world.mesh, ({ name }, running) =>
      Promise.resolve({
        address: next.get(name) ?? "",
        migration: MIGRATION,
        previous: [running],
      }),
    );
    const names = chainsOf(mesh).map(({ name }) => name);
    expect(await openIds(mesh)).to.deep.equal(names.map((name) => `${name}/token/upgrade`));

    const upgraded = { ...world, mesh };
    const options = {
      only: upgradesOn(names),
      whileWaiting: (steps: Parameters<typeof passTimeAlone>[1]) => passTimeAlone(world, steps),
    };
    expect(await apply(upgraded, options)).to.deep.equal({ sent: 6, open: [] });
    for (const { name, provider, contracts } of chainsOf(mesh)) {
      expect(await implementationOf(provider, contracts.token)).to.equal(next.get(name));
      const token = RebaseTokenNext__factory.connect(contracts.token, provider);
      expect(await token.answer()).to.equal(42n);
    }
    expect(await openIds(mesh)).to.be.empty;
    const s = new Scenario(world);
    expectSuccess(await s.deliver());
    await s.rebase("5");
    await s.expectConserved();
  });

  it("is exported for signing elsewhere, and proposed only on the named chain", async () => {
    const world = await busyWorld();
    const mesh = await withRecords(world.mesh, async (chain, running) => ({
      address: await deployNext(chain),
      migration: MIGRATION,
      previous: [running],
    }));
    const { context, output } = contextAt({ ...world, mesh });
    const folder = mkdtempSync(path.join(tmpdir(), "upgrade-export-"));
    const options = { out: folder, json: true, allowDestructive: false, only: upgradesOn([SAT1]) };
    const { files } = await exportMesh({ ...context, mesh }, options, output);
    rmSync(folder, { recursive: true });
    expect(files.flatMap(({ steps }) => steps)).to.deep.equal([
      `${SAT1}/timelock/propose token/upgrade`,
      `${SAT1}/token/upgrade`,
    ]);
  });

  const refusals: {
    what: string;
    record: (chain: MeshChain) => Promise<Omit<RecordedImplementation, "previous">>;
    says: string;
  }[] = [
    {
      what: "a contract that is no implementation of the token",
      record: async (chain) => {
        const harness = new LibraryHarness__factory(await signerFor(chain, chainDeployer));
        return { address: await (await harness.deploy()).getAddress(), migration: "0x" };
      },
      says: "decimals answers nothing, not 18",
    },
    {
      what: "a migration that reverts",
      record: async (chain) => ({
        address: await deployNext(chain),
        migration: INTERFACE.encodeFunctionData("initialize", ["", "", true, ZeroAddress, 0]),
      }),
      says: "the upgrade would revert: InvalidInitialization()",
    },
  ];
  for (const { what, record, says } of refusals) {
    it(`is not proposed with ${what}`, async () => {
      const world = await busyWorld();
      const mesh = await withRecords(world.mesh, async (chain, running) => ({
        ...(await record(chain)),
        previous: [running],
      }));
      const { steps } = await readPlan(mesh);
      const open = openSteps(steps);
      expect(open.map(({ id }) => id)).to.include(`${SAT1}/token/upgrade`);
      for (const { id, status } of open) {
        expect(status, id).to.deep.include({ kind: "waiting", cause: "drift" });
        expect(status.kind === "waiting" && status.reason).to.include(says);
      }
    });
  }

  it("replaces nothing that is not recorded, and reports it", async () => {
    const world = await busyWorld();
    const mesh = await withRecords(world.mesh, async (chain) => ({
      address: await deployNext(chain),
      migration: "0x",
      previous: [],
    }));
    expect(await openIds(mesh)).to.deep.equal(
      chainsOf(mesh).map(({ name }) => `${name}/token/implementation`),
    );
  });
});

describe("A newer implementation of the token, before it is deployed,", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "token-upgrade-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const NEXT: Replacement = {
    record: "RebaseToken_Implementation",
    contract: "RebaseTokenNext",
    migration: MIGRATION,
    again: false,
  };

  /** Decides whether home's implementation is replaced, with the given record of the running one. */
  async function decide(
    change: Partial<Replacement> = {},
    record: { readonly address?: string; readonly linkedData?: unknown } = {},
  ): Promise<boolean> {
    const { mesh } = await loadFixture(wiredMeshFixture);
    const { name: network, provider, contracts, ccip } = mesh.home;
    const address = await implementationOf(provider, contracts.token);
    const store = new DeploymentStore(folder);
    const abi = [...RebaseToken__factory.abi];
    const write = (file: string, content: object) =>
      writeFileSync(store.fileOf(file), JSON.stringify(content));
    write("RebaseToken_Implementation", { address, abi, ...record });
    write("RebaseToken", { address: contracts.token, abi });
    return isReplaceable(hre, { network, provider, store, ccip }, { ...NEXT, ...change });
  }

  it("must be deployed exactly when its code differs from the running code", async () => {
    expect(await decide()).to.equal(true);
    expect(await decide({ contract: "RebaseToken", migration: "0x" })).to.equal(false);
  });

  const refusals: {
    what: string;
    change?: Partial<Replacement>;
    record?: Parameters<typeof decide>[1];
    says: string;
  }[] = [
    {
      what: "an unprotected initialiser",
      change: { migration: "0x" },
      says: "initializeNext(uint256) is new, and anybody could call it after the upgrade: name its call with --migration",
    },
    {
      what: "lost storage",
      change: { contract: "LibraryHarness" },
      says: "Deleted namespace `erc7201:ccip-rebase-token.RebaseToken`",
    },
    {
      what: "lost functions",
      change: { contract: "LibraryHarness" },
      says: "proxiableUUID() is gone",
    },
    {
      what: "lost storage of the version that runs, which git does not know",
      record: { linkedData: { layout: withMore() } },
      says: "Deleted `more`",
    },
    {
      what: "an unknown version in its place",
      record: { address: "0x000000000000000000000000000000000000dEaD" },
      says: "which is on no record here",
    },
  ];
  for (const { what, change, record, says } of refusals) {
    it(`is refused for ${what}`, async () => {
      await expect(decide(change, record)).to.be.rejectedWith(OperatorError, says);
    });
  }

  /** Returns the committed storage layout with one more member in the token's namespace. */
  function withMore() {
    const { namespaces = {}, ...layout } = committedLayout("RebaseToken");
    const [own = ""] = Object.keys(namespaces);
    const members = namespaces[own] ?? [];
    const more = { ...members[0], label: "more" };
    return { ...layout, namespaces: { ...namespaces, [own]: [...members, more] } };
  }

  it("is distinguished from a proxy and from other contracts", async () => {
    const { mesh } = await loadFixture(wiredMeshFixture);
    const { provider, contracts } = mesh.home;
    const running = await implementationOf(provider, contracts.token);
    expect(await implementationProblems(provider, running)).to.be.empty;
    expect(await implementationProblems(provider, contracts.token)).to.deep.equal([
      "proxiableUUID answers nothing, not 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    ]);
    const harness = new LibraryHarness__factory(await signerFor(mesh.home, mesh.deployer));
    const other = await (await harness.deploy()).getAddress();
    const problems = await implementationProblems(provider, other);
    expect(problems).to.include("decimals answers nothing, not 18");
    expect(problems.at(-1)).to.match(/^initialize reverts otherwise/);
  });
});
