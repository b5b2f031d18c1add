import { mkdtempSync } from "node:fs";
import path from "node:path";

import type { BaseContract, ContractFactory, Signer } from "ethers";
import { localAccount, LocalCcip } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { coreMesh, localMesh } from "../../config/meshes/local";
import { wireMesh } from "../../lib/localnet/wiring";
import {
  broadcasterArguments,
  controllerArguments,
  poolArguments,
  receiverArguments,
  timelockArguments,
  tokenArguments,
} from "../../lib/mesh/constructorArguments";
import type { DeploymentTarget } from "../../lib/mesh/constructorArguments";
import { chainCcip } from "../../lib/core/mesh/mesh";
import type { HomeChain, Mesh, SatelliteChain } from "../../lib/core/mesh/mesh";
import { poolContract } from "../../lib/core/mesh/optional";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshConfig, MeshInput } from "../../lib/core/mesh/schema";
import {
  ContainedRebaseTokenPool__factory,
  ERC1967Proxy__factory,
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
  TimelockController__factory,
} from "../../typechain-types";

import { CCIP_VERSION } from "./ccipVersion";
import { loadFixture } from "./fixture";
import { inProcessChains, mixedChains } from "./inProcessCcip";
import { deployOptional } from "./optionalContracts";
import { runDirectory } from "./runDirectory";
import { startMesh } from "./savedMesh";

/** A wired mesh on real CCIP contracts, with CCIP stepped by the test. */
export interface World {
  readonly mesh: Mesh;
  /** The same chains as CCIP sees them, home first. */
  readonly chains: readonly CcipChain[];
  /** Not started: tests step it. */
  readonly ccip: LocalCcip;
  stop(): Promise<void>;
}

/** The network of the end-to-end suite: in process unless `WORLD=localnet`. */
export const WORLD_NAME = process.env.WORLD === "localnet" ? "local network" : "in process";

let localnet: Promise<World> | undefined;

/**
 * The one world of this run, made when a suite first asks for it. Leave it as you found it. In
 * process it is a fixture: suites that need other ones share the chain with it.
 */
export function sharedWorld(): Promise<World> {
  if (WORLD_NAME === "in process") return inProcessWorld();
  return (localnet ??= localnetWorld());
}

// At the root, so it runs when the last suite of the run is through. A process that Mocha hands one file after the
// other runs it after the first already: its nodes end with it. Benchmarks use worlds in process without Mocha.
if (typeof after === "function" && !process.send) after(async () => (await localnet)?.stop());

/** Three anvil nodes with a clock each, contracts deployed by the project's deploy scripts. */
export async function localnetWorld(): Promise<World> {
  const directory = mkdtempSync(path.join(runDirectory(), "world-"));
  const { localnet, mesh } = await startMesh({ directory });
  return { mesh, chains: localnet.chains, ccip: localnet.ccip, stop: () => localnet.stop() };
}

/** A mesh in process, on the version of CCIP of this run. */
export function inProcessWorld(): Promise<World> {
  return loadFixture(wiredIn[CCIP_VERSION]);
}

/** A mesh in process with every optional contract, on the version of CCIP of this run. */
export function completeWorld(): Promise<World> {
  return loadFixture(completeIn[CCIP_VERSION]);
}

/** A mesh whose lanes run different versions of CCIP, in process wherever the suite runs: see {@link mixedChains}. */
export function mixedWorld(): Promise<World> {
  return loadFixture(mixedInProcess);
}

/** A mesh in process whose lanes all run CCIP 1.6. */
export function oldWorld(): Promise<World> {
  return loadFixture(wiredIn["1.6"]);
}

/** A mesh in process whose lanes all run CCIP 2.0. */
export function newWorld(): Promise<World> {
  return loadFixture(wiredIn["2.0"]);
}

/** Fixtures: three CCIP instances of a version side by side on Hardhat's own chain, contracts deployed, nothing wired. */
export const unwiredIn = byVersion(
  (version) => () => unwired(inProcessChains(3, undefined, version)),
);
/** Fixtures: like {@link unwiredIn}, wired and handed over to the timelocks. */
export const wiredIn = byVersion((version) => () => wired(inProcessChains(3, undefined, version)));
/** Fixtures: like {@link wiredIn}, with every optional contract. */
export const completeIn = byVersion(
  (version) => () => wired(inProcessChains(3, undefined, version), localMesh),
);
/** Fixtures: like {@link wiredIn}, with satellites that are connected with home alone, their lanes contained. */
export const containedIn = byVersion(
  (version) => () => wired(inProcessChains(3, undefined, version), hubAndSpoke),
);
const mixedInProcess = () => wired(mixedChains());

/** A mesh file whose satellites are connected with home alone, their lanes contained. */
export function hubAndSpoke(chainCount = 3): MeshInput {
  const core = coreMesh(chainCount);
  const { satellites } = core;
  const between = satellites.flatMap((from) =>
    satellites.filter((to) => to !== from).map((to) => [`${from} -> ${to}`, "closed"] as const),
  );
  const lanes = { ...core.lanes, pairs: Object.fromEntries(between), contained: satellites };
  return { ...core, lanes };
}

function byVersion<T>(make: (version: CcipVersion) => T): Readonly<Record<CcipVersion, T>> {
  return { "1.6": make("1.6"), "2.0": make("2.0") };
}

async function wired(
  starting: Promise<readonly CcipChain[]>,
  meshOf: MeshOf = coreMesh,
): Promise<World> {
  const world = await unwired(starting, meshOf);
  await wireMesh(world.mesh, world);
  return world;
}

async function unwired(
  starting: Promise<readonly CcipChain[]>,
  meshOf: MeshOf = coreMesh,
): Promise<World> {
  const chains = await starting;
  const isFirst = ({ name }: CcipChain, i: number) =>
    chains.findIndex((chain) => chain.name === name) === i;
  const mesh = await deployMesh(chains.filter(isFirst), meshOf);
  return { mesh, chains, ccip: new LocalCcip(chains), stop: () => Promise.resolve() };
}

/** Returns the mesh file of a number of chains. */
type MeshOf = (chainCount: number) => MeshInput;

/** The contracts of a mesh on these chains, nothing wired. The first chain is home. */
export async function deployMesh(
  chains: readonly CcipChain[],
  meshOf: MeshOf = coreMesh,
): Promise<Mesh> {
  const [first, ...others] = chains;
  if (!first) throw new Error("A world needs a home chain.");
  const config = parseMesh(meshOf(chains.length));
  const deployer = localAccount(LOCAL_ACCOUNTS.deployer, first.provider);
  const homeTarget: DeploymentTarget = {
    network: first.name,
    config,
    role: "home",
    ccip: first.ccip,
    deployer: deployer.address,
  };
  const { implementation, ...homeContracts } = await deployCommon(homeTarget, deployer);
  const home: HomeChain = {
    ...first,
    ccip: chainCcip(first.ccip),
    role: "home",
    implementation: { address: implementation, migration: "0x", previous: [] },
    contracts: {
      ...homeContracts,
      controller: await create(
        new RebaseController__factory(deployer),
        controllerArguments(homeTarget, homeContracts.token),
      ),
      broadcaster: await create(
        new RebaseBroadcaster__factory(deployer),
        broadcasterArguments(homeTarget, homeContracts.token),
      ),
      ...(await deployOptional(homeTarget, homeContracts, deployer, create)),
    },
  };
  const satellites: SatelliteChain[] = [];
  for (const chain of others) satellites.push(await deploySatellite(config, chain));
  const { address } = deployer;
  return { config, home, satellites, deployer: address, operator: address };
}

/** A satellite's contracts, nothing wired: a mesh may take them in the place of others. */
export async function deploySatellite(
  config: MeshConfig,
  chain: CcipChain,
): Promise<SatelliteChain> {
  const deployer = localAccount(LOCAL_ACCOUNTS.deployer, chain.provider);
  const connected = {
    network: chain.name,
    config,
    role: "satellite",
    ccip: chain.ccip,
    deployer: deployer.address,
  } as const;
  const { implementation, ...contracts } = await deployCommon(connected, deployer);
  const receiver = await create(
    new RebaseReceiver__factory(deployer),
    receiverArguments(connected, contracts.token),
  );
  const ccip = chainCcip(chain.ccip);
  return {
    ...chain,
    ccip,
    role: "satellite",
    implementation: { address: implementation, migration: "0x", previous: [] },
    contracts: {
      ...contracts,
      receiver,
      ...(await deployOptional(connected, { ...contracts, receiver }, deployer, create)),
    },
  };
}

async function deployCommon(connected: DeploymentTarget, deployer: Signer) {
  const implementation = await create(new RebaseToken__factory(deployer), []);
  const data = RebaseToken__factory.createInterface().encodeFunctionData("initialize", [
    ...tokenArguments(connected),
  ]);
  const token = await create(new ERC1967Proxy__factory(deployer), [implementation, data]);
  return {
    implementation,
    timelock: await create(new TimelockController__factory(deployer), timelockArguments(connected)),
    token,
    pool: await create(
      poolContract(connected.config, connected.role) === "RebaseTokenPool"
        ? new RebaseTokenPool__factory(deployer)
        : new ContainedRebaseTokenPool__factory(deployer),
      poolArguments(connected, token),
    ),
  };
}

async function create(
  factory: ContractFactory<unknown[], BaseContract>,
  args: readonly unknown[],
): Promise<string> {
  const contract = await factory.deploy(...args);
  await contract.waitForDeployment();
  return contract.getAddress();
}
