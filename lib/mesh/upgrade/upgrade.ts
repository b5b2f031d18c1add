import { Interface, getAddress } from "ethers";

import { RebaseToken__factory } from "../../../typechain-types";
import type { Artifact } from "../../deployments/artifact";
import type { DeploymentStore, DeploymentRecord } from "../../deployments/store";
import { isCodeOf } from "../../deployments/code";
import { findDeployed } from "../../deployments/deploy";
import type { Deployment } from "../../deployments/deploy";
import { abi } from "../../core/abis";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { proposeThroughTimelocks } from "../proposals";
import { readMesh, stateOf, statesOf } from "../state";
import type { MeshState, ReadOptions } from "../state";
import type { Step } from "../step";
import { call, change, when } from "../steps/stepBuilders";

import { implementationOf, missingFunctions } from "../components/implementation";

/** hardhat-deploy's records of the token: the proxy with the ABI of what is behind it, and that. */
const TOKEN = "RebaseToken";
const IMPLEMENTATION = `${TOKEN}_Implementation`;

/** The record of a new implementation until the proxy runs it. */
const NEXT = `${IMPLEMENTATION}_Next`;

/** An implementation that a chain's token is to run. */
export interface Target {
  readonly chain: MeshChain;
  readonly address: string;
}

/** A new implementation on a chain, and the name that it is written down under at first. */
export function nextImplementation(
  artifact: Artifact,
  deploymentStore: DeploymentStore,
): Deployment {
  return { artifact, deploymentStore, name: NEXT, args: [] };
}

/** Whether an account has the code of an implementation. */
export async function runsCode(
  { provider }: MeshChain,
  address: string,
  artifact: Artifact,
): Promise<boolean> {
  return isCodeOf(artifact, await provider.getCode(address));
}

/** An implementation with the code of an artifact that is deployed already, in this run or for an earlier one. */
export async function findImplementation(
  chain: MeshChain,
  next: Deployment,
): Promise<DeploymentRecord | undefined> {
  const found = await findDeployed(chain, next);
  if (found) return found;
  const { deploymentStore, artifact } = next;
  for (const name of deploymentStore.names(IMPLEMENTATION)) {
    const record = deploymentStore.get(name);
    if (!record.pending && (await runsCode(chain, record.address, artifact))) return record;
  }
  return undefined;
}

/** What every version of the token answers and a contract would not. */
export function lackedFunctions({ abi: next }: Artifact): string[] {
  return missingFunctions(RebaseToken__factory.createInterface(), new Interface(next));
}

/** What a chain's token answers now and another version would not: an older one for instance. */
export function lostFunctions(deploymentStore: DeploymentStore, { abi: next }: Artifact): string[] {
  return missingFunctions(runningAbi(deploymentStore), new Interface(next));
}

/** Initialisers that a new version has and what runs now has not. */
export function newInitialisers(
  deploymentStore: DeploymentStore,
  { abi: next }: Artifact,
): string[] {
  const before = runningAbi(deploymentStore);
  const found: string[] = [];
  new Interface(next).forEachFunction((fragment) => {
    const isNew = !before.hasFunction(fragment.selector);
    if (isNew && /^(re)?initiali[sz]e/i.test(fragment.name)) found.push(fragment.format("sighash"));
  });
  return found;
}

function runningAbi(deploymentStore: DeploymentStore): Interface {
  return new Interface(deploymentStore.find(IMPLEMENTATION)?.abi ?? RebaseToken__factory.abi);
}

/** Reads how far upgrades are: for each chain the step that makes it, with its proposal. */
export async function readUpgrades(
  mesh: Mesh,
  targets: readonly Target[],
  migration: string,
  options: ReadOptions,
): Promise<{ readonly state: MeshState; readonly steps: readonly Step[] }> {
  const state = await readMesh(mesh, options);
  const steps = await Promise.all(
    targets.map(async ({ chain, address }): Promise<Step> => {
      const { blockNumber, token } = stateOf(state, chain);
      const { provider, contracts } = chain;
      const now = await implementationOf(provider, contracts.token, blockNumber);
      return {
        id: `${chain.name}/token/implementation`,
        chain: chain.name,
        title: `let the token run the implementation ${address}`,
        changes: [change("implementation", now, address)],
        status: when(now === address),
        after: [],
        call: call(
          token.admin,
          "default admin of the token",
          contracts.token,
          abi.token.encodeFunctionData("upgradeToAndCall", [address, migration]),
        ),
      };
    }),
  );
  return { state, steps: await proposeThroughTimelocks(mesh, statesOf(mesh, state), steps) };
}

/**
 * Puts the implementation that a chain's token runs down as its implementation, and keeps the one
 * before under a name of its own. Nothing to do when that is written down already; may be interrupted
 * anywhere and done again.
 */
export function adoptImplementation(
  deploymentStore: DeploymentStore,
  artifact: Artifact,
  record: DeploymentRecord,
): void {
  const before = deploymentStore.find(IMPLEMENTATION);
  if (before && before.address !== record.address) deploymentStore.archive(IMPLEMENTATION);
  deploymentStore.keepInput(artifact);
  deploymentStore.write(IMPLEMENTATION, {
    ...record,
    numDeployments: (before?.numDeployments ?? 0) + (before?.address === record.address ? 0 : 1),
  });
  const token = deploymentStore.find(TOKEN);
  if (token && token.implementation !== record.address) {
    // What hardhat-deploy writes for a proxy: its own ABI with that of what is behind it.
    const own =
      deploymentStore.find(`${TOKEN}_Proxy`)?.abi?.filter(({ type }) => type !== "constructor") ??
      [];
    const names = new Set(artifact.abi.map(({ name, type }) => `${String(type)} ${String(name)}`));
    const added = own.filter(({ name, type }) => !names.has(`${String(type)} ${String(name)}`));
    deploymentStore.write(TOKEN, {
      ...token,
      abi: [...artifact.abi, ...added],
      implementation: record.address,
    });
  }
  if (deploymentStore.find(NEXT)?.address === record.address) deploymentStore.remove(NEXT);
}

/**
 * Whether an implementation was ever written down: then its storage is one that the layout in git follows.
 * True too where nothing is known of any.
 */
export function isOnRecord(deploymentStore: DeploymentStore, implementation: string): boolean {
  const records = deploymentStore
    .names(IMPLEMENTATION)
    .map((name) => deploymentStore.get(name).address);
  const { implementation: running } = deploymentStore.find(TOKEN) ?? {};
  const known = running === undefined ? records : [...records, getAddress(running)];
  return known.length === 0 || known.includes(implementation);
}

/** Whether everything is written down that is to be known of the implementation that a chain's token runs. */
export function isWrittenDown(deploymentStore: DeploymentStore, implementation: string): boolean {
  const token = deploymentStore.find(TOKEN);
  return (
    deploymentStore.find(NEXT)?.address !== implementation &&
    deploymentStore.find(IMPLEMENTATION)?.address === implementation &&
    (token === undefined || token.implementation === implementation)
  );
}
