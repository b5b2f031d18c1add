import path from "node:path";

import type { Provider } from "ethers";

import { OperatorError } from "../core/errors";
import { recordedImplementation } from "../deployments/implementation";
import { DeploymentStore } from "../deployments/store";
import type { DeploymentRecord } from "../deployments/store";

import { membersOf } from "../core/mesh/members";
import { declaredOptional } from "../core/mesh/optional";
import type { Declarations } from "../core/mesh/optional";
import { chainCcip, unknownDeployerError } from "../core/mesh/mesh";
import type { ChainCcip, Mesh, MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";

/** The contracts deployed on every chain. */
const COMMON = ["TimelockController", "RebaseToken", "RebaseTokenPool"] as const;
const HOME = ["RebaseController", "RebaseBroadcaster"] as const;
const SATELLITE = ["RebaseReceiver"] as const;

/** Returns the names of the contracts that a mesh has on a chain with this role. */
export function deploymentsOf(config: Declarations, role: "home" | "satellite"): string[] {
  return [
    ...COMMON,
    ...(role === "home" ? HOME : SATELLITE),
    ...declaredOptional(config, role).map(({ contract }) => contract),
  ];
}

/** A chain of a mesh without contract addresses. */
export interface ConnectedChain {
  readonly name: string;
  readonly chainId: bigint;
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
}

/**
 * Builds a mesh from a mesh file, its deployment records and CCIP's addresses. Reads no chain.
 * @param options the folder of the mesh's hardhat-deploy records, with one folder per network; connections to the home
 *   and every satellite, in any order; and the signing account, the deployer unless given.
 * @throws naming the contract that is not deployed.
 */
export function openMesh(
  config: MeshConfig,
  options: {
    readonly deployments: string;
    readonly connections: readonly ConnectedChain[];
    readonly operator?: string;
  },
): Mesh {
  const { deployments, connections } = options;
  const chains = membersOf(config).map((name) => {
    const connected = connections.find((candidate) => candidate.name === name);
    if (!connected) throw new Error(`Mesh ${config.name} is not connected to ${name}.`);
    return openChain(config, { ...connected, ccip: chainCcip(connected.ccip) }, deployments);
  });
  const home = chains.find((chain) => chain.role === "home");
  if (!home) throw new Error(`Mesh ${config.name} has no home.`);
  const satellites = chains.filter((chain) => chain.role === "satellite");
  const { deployer, deployers } = deployersOf(config, deployments);
  return { config, home, satellites, deployer, deployers, operator: options.operator ?? deployer };
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
  const { name: network } = connected;
  const recordOf = (name: string) => readDeployment(deployments, network, name);
  const timelock = recordOf("TimelockController");
  const token = recordOf("RebaseToken");
  const pool = recordOf("RebaseTokenPool");
  const role = network === config.home ? "home" : "satellite";
  const optional = declaredOptional(config, role).map(
    ({ key, contract }) => [key, recordOf(contract).address] as const,
  );
  const common = { timelock: timelock.address, token: token.address, pool: pool.address };
  const known = (...own: DeploymentRecord[]) => ({
    deployedAt: Math.min(
      ...[timelock, token, pool, ...own].map(({ receipt }) => receipt?.blockNumber ?? 0),
    ),
    poolDeployedAt: pool.receipt?.blockNumber,
    implementation: recordedImplementation(storeOf(deployments, network)),
  });
  if (role === "satellite") {
    const receiver = recordOf("RebaseReceiver");
    const contracts = { ...common, receiver: receiver.address, ...Object.fromEntries(optional) };
    return { ...connected, role, ...known(receiver), contracts };
  }
  const controller = recordOf("RebaseController");
  const broadcaster = recordOf("RebaseBroadcaster");
  const own = { controller: controller.address, broadcaster: broadcaster.address };
  const contracts = { ...common, ...own, ...Object.fromEntries(optional) };
  return { ...connected, role, ...known(controller, broadcaster), contracts };
}

/**
 * Checks that every contract of a chain has a record. Reads no chain.
 * @throws naming a contract without a record, or with an invalid one.
 */
export function requireDeployed(
  config: Declarations & Pick<MeshConfig, "home">,
  network: string,
  deployments: string,
): void {
  for (const name of deploymentsOf(config, network === config.home ? "home" : "satellite")) {
    readDeployment(deployments, network, name);
  }
}

/**
 * Returns the deployers of the chains of a mesh, without satellites that have no record.
 * @throws when the home has no record, or its record does not contain the deployer.
 */
export function deployersOf(
  { home, satellites }: Pick<MeshConfig, "home" | "satellites">,
  deployments: string,
): Required<Pick<Mesh, "deployer" | "deployers">> {
  const deployer = readDeployment(deployments, home, "RebaseToken").receipt?.from;
  if (!deployer) throw unknownDeployerError(home);
  const deployers = new Map([[home, deployer]]);
  for (const network of satellites) {
    const from = storeOf(deployments, network).find("RebaseToken")?.receipt?.from;
    if (from) deployers.set(network, from);
  }
  return { deployer, deployers };
}

function storeOf(deployments: string, network: string): DeploymentStore {
  return new DeploymentStore(path.join(deployments, network));
}

function readDeployment(deployments: string, network: string, name: string): DeploymentRecord {
  const record = storeOf(deployments, network).find(name);
  if (record) return record;
  throw new OperatorError(
    "NOT_DEPLOYED",
    `${name} is not deployed on ${network}: run "npx hardhat deploy --network ${network} --mesh ${path.basename(deployments)}".`,
  );
}
