import { existsSync } from "node:fs";
import path from "node:path";

import { ZeroAddress } from "ethers";
import type { Provider } from "ethers";

import { CodedError, OperatorError } from "../core/errors";
import { recordedImplementation } from "../deployments/implementation";
import { DeploymentStore } from "../deployments/store";
import type { DeploymentRecord } from "../deployments/store";

import { unknownDeployerError, chainCcip } from "../core/mesh/mesh";
import type { ChainCcip, Mesh, MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";

/** The contracts deployed on every chain. */
const COMMON = ["TimelockController", "RebaseToken", "RebaseTokenPool"] as const;
const HOME = ["RebaseController", "RebaseBroadcaster"] as const;
const SATELLITE = ["RebaseReceiver"] as const;

/** Returns the names of the contracts deployed on a chain with this role. */
export function deploymentsOf(role: "home" | "satellite") {
  return [...COMMON, ...(role === "home" ? HOME : SATELLITE)] as const;
}

/** A chain of a mesh without contract addresses. */
export interface ConnectedChain {
  readonly name: string;
  readonly chainId: bigint;
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
}

/** The deployment records and connections of a mesh. */
export interface OpenMeshOptions {
  /** The folder of the mesh's hardhat-deploy records, with one folder per network. */
  readonly deployments: string;
  /** Connections to the home and every satellite, in any order. */
  readonly connections: readonly ConnectedChain[];
  /** The signing account; the deployer unless given. */
  readonly operator?: string;
}

/**
 * Builds a mesh from a mesh file, its deployment records and CCIP's addresses. Reads no chain.
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
 * Runs an action on a chain; where chains may be unavailable, records the error instead of throwing it.
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
 * Builds a chain from its connection and its deployment records. Reads no chain.
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
 * Checks that every contract of a chain has a record. Reads no chain.
 * @throws naming a contract without a record, or with an invalid one.
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
 * Returns the deployer of the token on a network: the account for "deployer" in a mesh file.
 * @throws when it is not deployed, or its record does not contain the deployer.
 */
export function deployerOf(deployments: string, network: string): string {
  const deployer = recordedDeployer(deployments, network);
  if (deployer) return deployer;
  throw unknownDeployerError(network);
}

/**
 * Returns the deployers of the chains of a mesh, without satellites that have no record.
 * @throws when the home has no record.
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

/** Thrown for deployment records in the layout from before each mesh had its own folder. */
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
