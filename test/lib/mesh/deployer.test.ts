import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { coreMesh } from "../../../config/meshes/local";
import { compareMesh } from "../../../lib/mesh/check";
import { chainsOf, holderOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { openMesh } from "../../../lib/mesh/open";
import { readPlan } from "../../../lib/mesh/read";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { openSteps } from "../../../lib/mesh/step";
import { loadFixture } from "../../shared/fixture";
import { apply, deployedMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

/** Names of a chain's contracts in hardhat-deploy's records. */
const RECORDS: Readonly<Record<string, string>> = {
  timelock: "TimelockController",
  token: "RebaseToken",
  pool: "RebaseTokenPool",
  controller: "RebaseController",
  broadcaster: "RebaseBroadcaster",
  receiver: "RebaseReceiver",
};

const COLLEAGUE = localAccount(LOCAL_HOLDERS.thirdParty).address;

const DEPLOYER_EVERYWHERE = parseMesh({
  ...coreMesh(),
  roles: {
    issuer: "deployer",
    rebaseOperator: "deployer",
    guardian: "deployer",
    operations: "deployer",
    treasurySpender: "deployer",
    rateLimitAdmin: "deployer",
  },
});

/** Returns a mesh whose mesh file gives every role to the deployer, wired by the deployer. */
async function wiredToDeployer(): Promise<MeshWorld> {
  const world = await loadFixture(deployedMeshFixture);
  const wired = { ...world, mesh: { ...world.mesh, config: DEPLOYER_EVERYWHERE } };
  expect((await apply(wired)).open).to.be.empty;
  return wired;
}

describe('"deployer" in a mesh file', () => {
  let deployments: string;
  beforeEach(() => {
    deployments = mkdtempSync(path.join(tmpdir(), "deployer-"));
  });
  afterEach(() => rmSync(deployments, { recursive: true }));

  /** Writes deployment records with their deployer, and opens the mesh as a task does. */
  function opened(
    { mesh }: MeshWorld,
    operator?: string,
    deployers: Partial<Record<string, string>> = {},
  ): Mesh {
    for (const { name, contracts } of chainsOf(mesh)) {
      mkdirSync(path.join(deployments, name), { recursive: true });
      const receipt = { from: deployers[name] ?? mesh.deployer, blockNumber: 0 };
      for (const [contract, address] of Object.entries(contracts)) {
        const file = path.join(deployments, name, `${RECORDS[contract]}.json`);
        writeFileSync(file, JSON.stringify({ address: String(address), abi: [], receipt }));
      }
    }
    return openMesh(mesh.config, { deployments, connections: chainsOf(mesh), operator });
  }

  it("is the deploying account, whoever's key is used: no role moves to a colleague", async () => {
    const world = await loadFixture(wiredToDeployer);
    const mesh = opened(world, COLLEAGUE);
    expect(mesh.operator).to.equal(COLLEAGUE);
    expect((await compareMesh(mesh)).differences).to.be.empty;
    expect(openSteps((await readPlan(mesh)).steps)).to.be.empty;
  });

  it("lets any available key pay for what anyone may do", async () => {
    const world = await loadFixture(deployedMeshFixture);
    const { steps } = await readPlan(opened(world, COLLEAGUE));
    const payers = openSteps(steps)
      .filter(({ call }) => call.from === COLLEAGUE)
      .map(({ id }) => id);
    expect(payers).to.deep.equal(
      world.mesh.satellites.map(({ name }) => `local-home/broadcaster/genesis ${name}`),
    );
  });

  it("is resolved separately on every chain", async () => {
    const world = await loadFixture(wiredToDeployer);
    const mesh = opened(world, undefined, { "local-sat2": COLLEAGUE });
    expect(mesh.operator).to.equal(world.mesh.deployer);
    const guardians = chainsOf(mesh).map(({ name }) => holderOf(mesh, "guardian", name));
    expect(guardians).to.deep.equal([world.mesh.deployer, world.mesh.deployer, COLLEAGUE]);
  });

  it("is unknown without a record: the record is named, and no role moves", async () => {
    const world = await loadFixture(wiredToDeployer);
    opened(world);
    const forget = ({ name, contracts }: MeshChain) =>
      writeFileSync(
        path.join(deployments, name, "RebaseToken.json"),
        JSON.stringify({ address: contracts.token, abi: [] }),
      );
    const open = () =>
      openMesh(world.mesh.config, {
        deployments,
        connections: chainsOf(world.mesh),
        operator: COLLEAGUE,
      });
    const [sat1] = world.mesh.satellites;
    if (!sat1) throw new Error("The mesh has no satellite.");
    forget(sat1);
    await expect(readPlan(open())).to.be.rejectedWith(
      "The deployer of the token on local-sat1 is unknown: the record RebaseToken.json of local-sat1 has no receipt.",
    );
    forget(world.mesh.home);
    expect(open).to.throw(
      "The deployer of the token on local-home is unknown: the record RebaseToken.json of local-home has no receipt.",
    );
  });
});
