import { existsSync } from "node:fs";
import path from "node:path";

import { ZeroAddress } from "ethers";
import type { Provider } from "ethers";

import { CodedError, OperatorError } from "../core/errors";
import { recordedImplementation } from "../deployments/implementation";
import { DeploymentStore } from "../deployments/store";
import type { DeploymentRecord } from "../deployments/store";

import { UnknownDeployerError, chainCcip } from "../core/mesh/mesh";
import type { ChainCcip, Mesh, MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";

/** The deployments that every chain has. */
const COMMON = ["TimelockController", "RebaseToken", "RebaseTokenPool"] as const;
const HOME = ["RebaseController", "RebaseBroadcaster"] as const;
const SATELLITE = ["RebaseReceiver"] as const;

/** Names of the contracts that are deployed on a chain that plays a role. */
export function deploymentsOf(role: "home" | "satellite") {
  return [...COMMON, ...(role === "home" ? HOME : SATELLITE)] as const;
}

/** A chain of a mesh before its contracts are looked up. */
export interface ConnectedChain {
  readonly name: string;
  readonly chainId: bigint;
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
}

/** Where a mesh is looked up. */
export interface OpenMeshOptions {
  /** The folder that hardhat-deploy writes to, called as the mesh: one folder a network in it. */
  readonly deployments: string;
  /** The sites of the home and of every satellite, in any order. */
  readonly connections: readonly ConnectedChain[];
  /** The account whose key is at hand; the one that deployed unless given. */
  readonly operator?: string;
}

/**
 * Brings together what a mesh file declares, what was deployed and where CCIP is. Nothing is asked of any
 * chain.
 * @throws naming the contract that is not deployed.
 */
export function openMesh(config: MeshConfig, options: OpenMeshOptions): Mesh {
  const { deployments, connections } = options;
  const chains = [config.home, ...config.satellites].map((name) => {
    const connected = connections.find((candidate) => candidate.name === name);
    if (!connected)
      throw new Error(`${name} is in mesh ${config.name}, but nothing is known of it.`);
    return openChain(config, { ...connected, ccip: chainCcip(connected.ccip) }, deployments);
  });
  const home = chains.find((chain) => chain.role === "home");
  if (!home) throw new Error(`Mesh ${config.name} has no home.`);
  const satellites = chains.filter((chain) => chain.role === "satellite");
  const { deployer, deployers } = deployersOf(config, deployments);
  return { config, home, satellites, deployer, deployers, operator: options.operator ?? deployer };
}

/**
 * Does something on a chain; where chains may be missing, the chain that fails is written down instead.
 * @returns undefined for a chain that does not answer.
 */
export async function orUnreachable<T>(
  unreachable: Map<string, Error> | undefined,
  chain: string,
  action: () => Promise<T>,
): Promise<T | undefined> {
  if (!unreachable) return action();
  if (unreachable.has(chain)) return undefined;
  try {
    return await action();
  } catch (error) {
    unreachable.set(chain, error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

/**
 * A chain of a mesh with what was deployed on it. Nothing is asked of any chain.
 * @throws naming the contract that is not deployed.
 */
export function openChain<S extends ConnectedChain>(
  config: MeshConfig,
  connected: S,
  deployments: string,
): S & MeshChain {
  const isHome = connected.name === config.home;
  const names = deploymentsOf(isHome ? "home" : "satellite");
  const deployed = new Map(
    names.map((name) => [name, readDeployment(deployments, connected.name, name)] as const),
  );
  const address = (name: (typeof names)[number]) => deployed.get(name)?.address ?? ZeroAddress;
  const blocks = [...deployed.values()].map(({ receipt }) => receipt?.blockNumber ?? 0);
  const common = {
    timelock: address("TimelockController"),
    token: address("RebaseToken"),
    pool: address("RebaseTokenPool"),
  };
  const deployedAt = Math.min(...blocks);
  const poolDeployedAt = deployed.get("RebaseTokenPool")?.receipt?.blockNumber;
  const implementation = recordedImplementation(
    new DeploymentStore(path.join(deployments, connected.name)),
  );
  const known = { deployedAt, poolDeployedAt, implementation };
  if (!isHome) {
    const contracts = { ...common, receiver: address("RebaseReceiver") };
    return { ...connected, role: "satellite", ...known, contracts };
  }
  const controller = address("RebaseController");
  const broadcaster = address("RebaseBroadcaster");
  const contracts = { ...common, controller, broadcaster };
  return { ...connected, role: "home", ...known, contracts };
}

/**
 * Makes sure that everything is deployed on a chain of a mesh. Nothing is asked of any chain.
 * @throws naming a contract that is not, or a record that is broken.
 */
export function requireDeployed(
  { home }: Pick<MeshConfig, "home">,
  network: string,
  deployments: string,
): void {
  for (const name of deploymentsOf(network === home ? "home" : "satellite")) {
    readDeployment(deployments, network, name);
  }
}

/**
 * Who deployed the token on a network: what "deployer" means in a mesh file, whoever's key is at hand.
 * @throws when it is not deployed, or nobody has written down who did it.
 */
export function deployerOf(deployments: string, network: string): string {
  const deployer = recordedDeployer(deployments, network);
  if (deployer) return deployer;
  throw new UnknownDeployerError(network);
}

/**
 * Who deployed on the chains of a mesh; a satellite is left out while nobody knows who did it there.
 * @throws when nobody knows who did it at home.
 */
export function deployersOf(
  { home, satellites }: MeshConfig,
  deployments: string,
): Required<Pick<Mesh, "deployer" | "deployers">> {
  const deployers = satellites.flatMap((network) => {
    if (!isDeployed(deployments, network)) return [];
    const deployer = recordedDeployer(deployments, network);
    return deployer ? [[network, deployer] as const] : [];
  });
  const deployer = deployerOf(deployments, home);
  return { deployer, deployers: new Map([[home, deployer], ...deployers]) };
}

/** Records that lie where they were kept before meshes had folders of their own. */
export class MovedRecordsError extends CodedError {
  override readonly name = "MovedRecordsError";
  readonly code = "NOT_DEPLOYED";

  constructor(mesh: string, network: string) {
    super(
      `The records of ${network} lie in deployments/${network}, where they were kept before each mesh had a folder: move them with "mkdir -p deployments/${mesh} && git mv deployments/${network} deployments/${mesh}/" if they are those of mesh ${mesh}.`,
    );
  }
}

function isDeployed(deployments: string, network: string): boolean {
  return existsSync(path.join(deployments, network, "RebaseToken.json"));
}

function recordedDeployer(deployments: string, network: string): string | undefined {
  return readDeployment(deployments, network, "RebaseToken").receipt?.from;
}

function readDeployment(deployments: string, network: string, name: string): DeploymentRecord {
  const record = new DeploymentStore(path.join(deployments, network)).find(name);
  if (record) return record;
  const mesh = path.basename(deployments);
  const previous = path.join(path.dirname(deployments), network);
  if (existsSync(path.join(previous, `${name}.json`))) throw new MovedRecordsError(mesh, network);
  throw new OperatorError(
    "NOT_DEPLOYED",
    `${name} is not deployed on ${network}: run "npx hardhat deploy --network ${network} --mesh ${mesh}".`,
  );
}
