import { expect } from "chai";
import { ContractFactory, JsonRpcProvider, Network, parseEther, toBeHex } from "ethers";
import hre from "hardhat";

import { localMesh } from "../../../config/meshes/local";
import { rehearsePlan } from "../../../lib/cli/mesh/rehearse";
import { abi } from "../../../lib/core/abis";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { signerFor } from "../../../lib/localnet/wiring";
import { poolArguments } from "../../../lib/mesh/constructorArguments";
import { implementationOf } from "../../../lib/mesh/components/token";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { parsePart, upgradesOn } from "../../../lib/mesh/selection";
import type { Part } from "../../../lib/mesh/selection";
import { forkMesh } from "../../../lib/rehearsal/forks";
import { isSound } from "../../../lib/rehearsal/rehearse";
import { RebaseTokenPool__factory } from "../../../typechain-types";
import { Scenario } from "../../shared/scenario";
import { localnetWorld } from "../../shared/world";
import type { World } from "../../shared/world";
import { withPool } from "../../shared/newPools";

const SAT1 = "local-sat1";

/** The url of a chain's node, which a mesh does not contain. */
const urlOf = ({ provider }: MeshChain) => (provider as JsonRpcProvider)._getConnection().url;

/** A provider of the same node that answers questions and refuses everything that would change the chain. */
class ReadOnlyProvider extends JsonRpcProvider {
  override send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    if (/^(eth_send|anvil_|hardhat_|evm_)/.test(method)) {
      return Promise.reject(new Error(`${method} was sent to the real chain`));
    }
    return super.send(method, params);
  }
}

describe("mesh rehearse, against three anvil nodes", () => {
  let world: World;
  let urls: Map<string, string>;
  const opened: JsonRpcProvider[] = [];

  before(async () => {
    world = await localnetWorld();
    urls = new Map(chainsOf(world.mesh).map((chain) => [chain.name, urlOf(chain)]));
    const s = new Scenario(world);
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await s.send({ from: s.sat1, to: s.home }, "alice", parseEther("10"), s.address("bob"));
  });

  after(async () => {
    opened.forEach((provider) => provider.destroy());
    await world.stop();
  });

  /** Rehearses behind providers that send nothing, and expects the chains to be as before. */
  async function rehearsal(mesh: Mesh, only?: Part) {
    const readOnly = <C extends MeshChain>(chain: C): C => {
      const network = new Network(chain.name, chain.chainId);
      const provider = new ReadOnlyProvider(urlOf(chain), network, { staticNetwork: network });
      opened.push(provider);
      return { ...chain, provider };
    };
    const printed: string[] = [];
    const said: string[] = [];
    const context: OperatorContext = {
      mesh: { ...mesh, home: readOnly(mesh.home), satellites: mesh.satellites.map(readOnly) },
      signerFor: () => Promise.reject(new Error("a key was asked for")),
      sendOptions: () => ({}),
    };
    const blocks = () =>
      Promise.all(chainsOf(world.mesh).map(({ provider }) => provider.getBlockNumber()));
    const before = await blocks();
    const result = await rehearsePlan(
      context,
      { json: false, allowDestructive: false, only, urls },
      { stdout: (text) => void printed.push(text), log: (text) => void said.push(text) },
    );
    expect(await blocks()).to.deep.equal(before);
    return { ...result, printed: printed.join("\n"), said: said.join("\n") };
  }

  it("finds a change of limits valid, and sends nothing to the chains", async () => {
    const { lanes } = localMesh();
    const pairs = { "local-home -> local-sat1": { capacity: "250000", rate: "50" } };
    const config = parseMesh({ ...localMesh(), lanes: { ...lanes, pairs } });
    const result = await rehearsal({ ...world.mesh, config }, parsePart("limits"));
    expect(result.printed).to.include("2 transactions rehearsed").and.include("0 differ");
    expect(result).to.deep.include({ sent: 2, open: [], failures: [], changed: [], audit: [] });
    expect(isSound(result)).to.equal(true);
    expect(result.compared).to.be.greaterThan(150);
  });

  it("finds the replacement of a pool valid, timelock delays included, with a message in flight", async () => {
    const { mesh } = world;
    const [sat1] = mesh.satellites;
    if (!sat1) throw new Error("no satellite");
    const { contracts, ccip, name: network } = sat1;
    const site = { network, config: mesh.config, role: sat1.role, ccip, deployer: mesh.deployer };
    const deployer = await signerFor(sat1, mesh.deployer);
    const pool = await new RebaseTokenPool__factory(deployer).deploy(
      ...poolArguments(site, contracts.token),
    );
    await pool.waitForDeployment();
    const result = await rehearsal(
      withPool(mesh, SAT1, await pool.getAddress()),
      parsePart("pool"),
    );
    expect(result.said).to.include(`done     ${SAT1}/registry/pool`);
    expect(result.sent).to.be.greaterThan(10);
    expect(result.failures).to.be.empty;
    expect(result.audit).to.be.empty;
    // The role changes hands; what the old pool has sent does not arrive on forks.
    expect(result.changed.map(({ question }) => question)).to.satisfy((names: string[]) =>
      names.every((name) => /^BRIDGE_ROLE of |by the pool$/.test(name)),
    );
    expect(result.open.map(({ id }) => id).join()).to.match(/\/pool\/old pool 0x\w+ of local-sat1/);
  });

  it("shows the answers of an upgrade that lost a function [D13]", async () => {
    const { mesh } = world;
    const running = await implementationOf(mesh.home.provider, mesh.home.contracts.token);
    const artifact = await hre.artifacts.readArtifact("RebaseToken");
    const push = (selector: bigint) => `63${toBeHex(selector, 4).slice(2)}`;
    const selector = BigInt(abi.token.getFunction("transfer").selector);
    const bytecode = artifact.bytecode.replaceAll(push(selector), push(selector + 1n));
    expect(bytecode).to.not.equal(artifact.bytecode);
    const deployer = await signerFor(mesh.home, mesh.deployer);
    const lossy = await new ContractFactory([], bytecode, deployer).deploy();
    await lossy.waitForDeployment();
    const implementation = {
      address: await lossy.getAddress(),
      migration: "0x",
      previous: [running],
    };
    const upgraded = { ...mesh, home: { ...mesh.home, implementation } };
    const result = await rehearsal(upgraded, upgradesOn([mesh.home.name]));
    expect(result.sent).to.equal(2);
    expect(isSound(result)).to.equal(false);
    expect(result.changed.map(({ question }) => question)).to.satisfy((names: string[]) =>
      names.every((name) => name.startsWith("transfer by")),
    );
    expect(result.changed[0]).to.deep.include({ chain: "local-home" });
    expect(result.printed.replace(/\s+/g, " "))
      .to.match(/local-home: transfer by 0x\w+: true -> no reason given/)
      .and.not.include("Everything would be as declared");
    const { provider, contracts } = mesh.home;
    expect(await implementationOf(provider, contracts.token)).to.equal(running);
  });

  it("names a chain that cannot be forked, without the key in its url, and leaves no node running", async () => {
    const url = "http://127.0.0.1:1/v2/secretkey0123456789abcdef";
    await expect(forkMesh(world.mesh, new Map([...urls, [SAT1, url]]))).to.be.rejectedWith(
      /^Nothing was rehearsed:\n {2}local-sat1 cannot be forked: (?!.*secretkey)/s,
    );
  });

  it("ends its nodes", async () => {
    const forks = await forkMesh(world.mesh, urls);
    const url = urlOf(forks.mesh.home);
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:/);
    await forks.stop();
    await expect(fetch(url, { method: "POST" })).to.be.rejectedWith("fetch failed");
  });
});
