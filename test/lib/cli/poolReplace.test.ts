import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseEther } from "ethers";
import hre from "hardhat";

import { localMesh } from "../../../config/meshes/local";
import { DeploymentStore } from "../../../lib/deployments/store";
import type { BuildArtifacts } from "../../../lib/deployments/buildArtifacts";
import { buildArtifactsOf } from "../../../lib/hardhat/buildArtifacts";
import { signerFor } from "../../../lib/localnet/wiring";
import { ApplyFailedError } from "../../../lib/mesh/apply";
import { abi } from "../../../lib/core/abis";
import { checkMesh } from "../../../lib/cli/mesh/check";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { exportMesh } from "../../../lib/cli/mesh/export";
import { requireChain, withPool } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { readMesh, stateOf } from "../../../lib/mesh/state";
import { POOL, poolArgumentsOn } from "../../../lib/mesh/poolReplacement";
import { replacePool } from "../../../lib/cli/pool/replace";
import type { ReplaceOptions } from "../../../lib/cli/pool/replace";
import {
  IdleSigner,
  KilledError,
  CrashingSigner,
  passTime,
  passTimeAlone,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import { Scenario, expectConserved } from "../../shared/scenario";
import { sendToNoAvail } from "../../shared/undeliverable";

const CHAIN = "local-sat1";

const OPTIONS: ReplaceOptions = {
  chain: CHAIN,
  json: false,
  plan: false,
  again: false,
  wait: false,
  allowDestructive: false,
  confirm: () => Promise.resolve(),
};
const AGAIN = { ...OPTIONS, again: true };

describe("hardhat pool replace", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "pool-replace-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A desk at a world in process whose pool is written down as hardhat-deploy would. */
  async function contextAt(change: Partial<OperatorContext> = {}) {
    const world = await loadFixture(wiredMeshFixture);
    const { mesh } = world;
    const chain = requireChain(mesh, CHAIN);
    const deploymentStore = new DeploymentStore(path.join(folder, CHAIN));
    deploymentStore.write(POOL, {
      address: chain.contracts.pool,
      abi: [],
      args: [...poolArgumentsOn(mesh, chain)],
      numDeployments: 1,
    });
    const said: string[] = [];
    const printed: string[] = [];
    const output = {
      stdout: (text: string) => void printed.push(text),
      log: (text: string) => void said.push(text),
    };
    const context: OperatorContext = {
      mesh,
      signerFor,
      sendOptions: () => ({}),
      passTime: (steps) => passTime(world, steps),
      ...change,
    };
    const buildArtifacts = buildArtifactsOf(hre, folder);
    return {
      world,
      context,
      deploymentStore,
      buildArtifacts,
      output,
      said,
      printed,
      old: chain.contracts.pool,
    };
  }

  /** The desk as the next run opens it: with the pool that is written down. */
  const reopened = ({
    context,
    deploymentStore,
  }: {
    context: OperatorContext;
    deploymentStore: DeploymentStore;
  }): OperatorContext => ({
    ...context,
    mesh: withPool(context.mesh, CHAIN, deploymentStore.get(POOL).address),
  });

  it("leaves a pool alone that is what this checkout would deploy", async () => {
    const { context, buildArtifacts, output, printed, old } = await contextAt();
    const result = await replacePool(context, buildArtifacts, OPTIONS, output);
    expect(result).to.deep.equal({ chain: CHAIN, pool: old, replaced: [], sent: 0, open: [] });
    expect(printed.join()).to.include("nothing to do").and.to.include("--again");
  });

  it("tells what it would do, and does nothing", async () => {
    const { context, buildArtifacts, output, printed, deploymentStore, old } = await contextAt();
    const before = await Promise.all(nonces(context));
    const { open } = await replacePool(context, buildArtifacts, { ...AGAIN, plan: true }, output);
    expect(open.map(({ id }) => id)).to.include.members([
      `${CHAIN}/registry/pool`,
      `local-home/pool/old pool ${old} of ${CHAIN}`,
    ]);
    expect(printed.join()).to.match(/^to deploy: RebaseTokenPool on local-sat1, for example at 0x/);
    expect(await Promise.all(nonces(context))).to.deep.equal(before);
    expect(deploymentStore.get(POOL).address).to.equal(old);
  });

  it("prints one document when a step fails, for machines, and fails", async () => {
    const { context, buildArtifacts, output, printed } = await contextAt();
    const { operations } = context.mesh.config.roles;
    const idle: OperatorContext = {
      ...context,
      signerFor: async (chain, account) => {
        const signer = await signerFor(chain, account);
        return account === operations ? new IdleSigner(signer) : signer;
      },
    };
    const run = replacePool(idle, buildArtifacts, { ...AGAIN, json: true }, output);
    await expect(run).to.be.rejectedWith(ApplyFailedError, "it was mined and changed nothing");
    expect(printed).to.have.length(1);
    expect(JSON.parse(printed.join())).to.have.nested.property(
      "failures[0].reason",
      "it was mined and changed nothing",
    );
  });

  it("replaces it, keeps the old record, and says next time that there is nothing to do", async () => {
    const at = await contextAt();
    const { context, buildArtifacts, output, said, deploymentStore, old, world } = at;
    const questions: string[] = [];
    const confirm = (question: string) => Promise.resolve(void questions.push(question));
    const result = await replacePool(context, buildArtifacts, { ...AGAIN, confirm }, output);
    expect(result).to.deep.include({ chain: CHAIN, replaced: [old], open: [] });
    expect(questions).to.have.length(1);
    expect(questions[0]).to.match(/^Deploy a pool on local-sat1 and send up to \d+ transactions/);
    expect(said.join("\n")).to.include(`done     ${CHAIN}/registry/pool`);

    expect(deploymentStore.names()).to.deep.equal([POOL, `${POOL}_1`]);
    expect(deploymentStore.get(`${POOL}_1`).address).to.equal(old);
    const record = deploymentStore.get(POOL);
    expect(record).to.deep.include({
      address: result.pool,
      args: [...poolArgumentsOn(context.mesh, requireChain(context.mesh, CHAIN))],
      numDeployments: 2,
    });
    expect(record).to.include.keys("abi", "transactionHash", "receipt", "metadata", "bytecode");
    expect(readdirSync(path.join(folder, CHAIN, "solcInputs"))).to.have.length(1);

    const next = reopened(at);
    expect((await checkMesh(next, { json: false }, output)).differences).to.be.empty;
    expect(await replacePool(next, buildArtifacts, OPTIONS, output)).to.include({
      sent: 0,
      pool: result.pool,
    });
    // A record that was left behind is no new pool.
    deploymentStore.write(`${POOL}_Next`, record);
    expect(await replacePool(next, buildArtifacts, OPTIONS, output)).to.include({
      sent: 0,
      pool: result.pool,
    });
    expect(deploymentStore.find(`${POOL}_Next`)).to.equal(undefined);
    await expectConserved({ ...world.mesh, satellites: next.mesh.satellites });
  });

  it("killed after every single transaction, the deployment included, goes on with the same pool", async () => {
    const at = await contextAt();
    const { buildArtifacts, output, deploymentStore, old } = at;
    const pools = new Set<string>();
    let runs = 0;
    for (;;) {
      const life = { sends: 1 };
      const crashing: OperatorContext = {
        ...reopened(at),
        signerFor: async (chain, account) =>
          new CrashingSigner(await signerFor(chain, account), life),
      };
      try {
        // Only the first run is told to replace a pool that is no different.
        const result = await replacePool(
          crashing,
          buildArtifacts,
          { ...OPTIONS, again: pools.size === 0 },
          output,
        );
        expect(result.open).to.be.empty;
        break;
      } catch (error) {
        if (!(error instanceof KilledError)) throw error;
      }
      runs += 1;
      const { address } = deploymentStore.find(`${POOL}_Next`) ?? deploymentStore.get(POOL);
      if (address !== old) pools.add(address);
    }
    expect(runs).to.equal(21);
    expect(pools.size).to.equal(1);
    expect(deploymentStore.names()).to.deep.equal([POOL, `${POOL}_1`]);
    expect((await checkMesh(reopened(at), { json: false }, output)).differences).to.be.empty;
  });

  it("goes on from a pool that was deployed and not yet written down as the chain's", async () => {
    const at = await contextAt();
    const { context, buildArtifacts, output, deploymentStore, old } = at;
    // Stopped as soon as the new pool is deployed.
    const died = {
      ...output,
      log: (text: string) => {
        if (text.startsWith("deployed")) throw new KilledError("killed");
      },
    };
    await expect(replacePool(context, buildArtifacts, AGAIN, died)).to.be.rejectedWith(KilledError);
    const { address } = deploymentStore.get(`${POOL}_Next`);
    expect(deploymentStore.get(POOL).address).to.equal(old);
    const plan = await replacePool(context, buildArtifacts, { ...OPTIONS, plan: true }, output);
    expect(plan.pool).to.equal(address);
    const result = await replacePool(context, buildArtifacts, OPTIONS, output);
    expect(result).to.deep.include({ pool: address, replaced: [old], open: [] });
    expect(deploymentStore.names()).to.deep.equal([POOL, `${POOL}_1`]);
  });

  it("deploys nothing while the mesh is not in step for other reasons, or the answer is no", async () => {
    const { context, buildArtifacts, output, deploymentStore, old } = await contextAt();
    const before = await Promise.all(nonces(context));
    const { controller } = localMesh();
    const config = parseMesh({ ...localMesh(), controller: { ...controller, minInterval: 7 } });
    const drifted = { ...context, mesh: { ...context.mesh, config } };
    await expect(replacePool(drifted, buildArtifacts, AGAIN, output)).to.be.rejectedWith(
      'Nothing was deployed on local-sat1: the mesh is not in step, and a replacement should be all that changes. Look at "mesh plan" and apply it first',
    );
    const confirm = () => Promise.reject(new Error("you said no"));
    await expect(
      replacePool(context, buildArtifacts, { ...AGAIN, confirm }, output),
    ).to.be.rejectedWith("you said no");
    await expect(
      replacePool(context, buildArtifacts, { ...AGAIN, chain: "local-sat9" }, output),
    ).to.be.rejectedWith(
      '"local-sat9" is not in mesh local: name one of local-home, local-sat1, local-sat2; did you mean local-sat1?',
    );
    expect(await Promise.all(nonces(context))).to.deep.equal(before);
    expect(deploymentStore.names()).to.deep.equal([POOL]);
    expect(deploymentStore.get(POOL).address).to.equal(old);
  });

  it("replaces a pool by newer code though what an older one has sent can never arrive", async () => {
    const at = await contextAt();
    const { context, buildArtifacts, output, world, deploymentStore, old } = at;
    const s = new Scenario(world);
    await sendToNoAvail(s, { from: s.sat1, to: s.sat2 });
    const first = await replacePool(context, buildArtifacts, AGAIN, output);
    const forgetting = `local-sat2/pool/old pool ${old} of ${CHAIN}`;
    expect(first.open.map(({ id }) => id)).to.deep.equal([forgetting]);
    expect(await replacePool(reopened(at), buildArtifacts, AGAIN, output)).to.include({
      pool: first.pool,
    });

    const second = await replacePool(reopened(at), withNewerPool(buildArtifacts), OPTIONS, output);
    expect(second.open.map(({ id }) => id)).to.deep.equal([forgetting]);
    expect(second.pool).to.equal(deploymentStore.get(POOL).address).and.not.equal(first.pool);
    const { unexpectedGrants, registry } = stateOf(await readMesh(reopened(at).mesh), s.sat1);
    expect(registry.pool).to.equal(second.pool);
    expect(unexpectedGrants).to.be.empty;
  });

  it("with somebody else at the Safe: nobody is asked to forget a pool whose messages are in flight", async () => {
    const at = await contextAt();
    const { context, buildArtifacts, output, world, old } = at;
    const s = new Scenario(world);
    await s.give(s.sat1, "alice", parseEther("100"));
    await s.send({ from: s.sat1, to: s.home }, "alice", parseEther("1"));
    const still: OperatorContext = { ...context, passTime: (steps) => passTimeAlone(world, steps) };
    const { open } = await replacePool(still, buildArtifacts, AGAIN, output);
    const removals = (steps: readonly string[]) => steps.filter((id) => id.includes("/old pool "));
    const fromHome = `local-home/pool/old pool ${old} of ${CHAIN}`;
    expect(open.map(({ id }) => id)).to.deep.equal([fromHome]);

    const out = path.join(folder, "safe");
    const { files, leftOut } = await exportMesh(
      reopened(at),
      { json: false, out, allowDestructive: false },
      output,
    );
    expect(files).to.be.empty;
    expect(leftOut).to.include(fromHome);
    await s.deliver();
    const { files: drained } = await exportMesh(
      reopened(at),
      { json: false, out, allowDestructive: false },
      output,
    );
    expect(removals(drained.flatMap(({ steps }) => steps))).to.deep.equal([
      `local-home/timelock/propose pool/old pool ${old} of ${CHAIN}`,
      fromHome,
    ]);
    const result = await replacePool(reopened(at), buildArtifacts, OPTIONS, output);
    expect(result.open).to.be.empty;
  });
});

/** The same yard with a pool whose code is another one: an event of it has another name. */
function withNewerPool(buildArtifacts: BuildArtifacts): BuildArtifacts {
  const { topicHash } = abi.pool.getEvent("VerifiersSet");
  const newer = (code: string) => code.replaceAll(topicHash.slice(2), id("Newer").slice(2));
  return {
    ...buildArtifacts,
    artifact: async (name) => {
      const artifact = await buildArtifacts.artifact(name);
      const { bytecode, deployedBytecode } = artifact;
      expect(newer(deployedBytecode)).to.not.equal(deployedBytecode);
      return { ...artifact, bytecode: newer(bytecode), deployedBytecode: newer(deployedBytecode) };
    },
  };
}

function nonces({ mesh }: OperatorContext): Promise<number>[] {
  const { provider } = mesh.home;
  return [mesh.deployer, mesh.config.roles.operations].map((account) =>
    provider.getTransactionCount(account),
  );
}
