import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { ZeroAddress, getAddress } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";

import { findRamps } from "../ccip/ramps";

import { UnknownDeployerError } from "./mesh";
import type { ChainCcip, HomeChain, LoneChain, Mesh, SatelliteChain } from "./mesh";
import type { MeshConfig } from "./schema";

/** The deployments that every chain has. */
const COMMON = ["TimelockController", "RebaseToken", "RebaseTokenPool"] as const;
const HOME = ["RebaseController", "RebaseBroadcaster"] as const;
const SATELLITE = ["RebaseReceiver"] as const;

/** A chain of a mesh before its contracts are looked up. */
export interface ChainSite {
  readonly name: string;
  readonly chainId: bigint;
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
}

/** Where a mesh is looked up. */
export interface OpenMeshOptions {
  /** The folder that hardhat-deploy writes to: one folder a network in it. */
  readonly deployments: string;
  /** The sites of the home and of every satellite, in any order. */
  readonly sites: readonly ChainSite[];
  /** The account whose key is at hand; the one that deployed unless given. */
  readonly operator?: string;
  /**
   * Chains that do not answer, and why, for a task that can do without them: their ramps stay unknown,
   * and a chain whose ramps are not found joins them. Every chain has to answer if this is left out.
   */
  readonly unreachable?: Map<string, Error>;
}

const deploymentSchema = z.object({
  address: z.string().transform((value) => getAddress(value)),
  /** Behind a proxy. */
  implementation: z
    .string()
    .transform((value) => getAddress(value))
    .optional(),
  receipt: z
    .object({
      from: z.string().transform((value) => getAddress(value)),
      blockNumber: z.int().min(0),
    })
    .partial()
    .optional(),
});

/**
 * Brings together what a mesh file declares, what was deployed and where CCIP is.
 * @throws naming the contract that is not deployed, or the lane that CCIP does not have.
 */
export async function openMesh(config: MeshConfig, options: OpenMeshOptions): Promise<Mesh> {
  const { deployments, sites, unreachable } = options;
  const names = [config.home, ...config.satellites];
  const chains = await Promise.all(
    names.map(async (name): Promise<HomeChain | SatelliteChain> => {
      const site = sites.find((candidate) => candidate.name === name);
      if (!site) throw new Error(`${name} is in mesh ${config.name}, but nothing is known of it.`);
      const peers = sites.filter((other) => other !== site && names.includes(other.name));
      const selectors = peers.map(({ selector }) => selector);
      const ramps = await orUnreachable(unreachable, name, () =>
        findRamps(name, site.provider, site.ccip.router, selectors),
      );
      const chain = openChain(config, site, deployments);
      return { ...chain, ccip: { ...site.ccip, ...(ramps ?? NO_RAMPS) } };
    }),
  );
  const home = chains.find((chain) => chain.role === "home");
  if (!home) throw new Error(`Mesh ${config.name} has no home.`);
  const satellites = chains.filter((chain) => chain.role === "satellite");
  const { deployer, deployers } = deployersOf(config, deployments);
  return { config, home, satellites, deployer, deployers, operator: options.operator ?? deployer };
}

/** What is put where ramps were not found. */
const NO_RAMPS = { onRamp: ZeroAddress, offRamp: ZeroAddress } as const;

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
export function openChain<S extends ChainSite>(
  config: MeshConfig,
  site: S,
  deployments: string,
): S & LoneChain {
  const isHome = site.name === config.home;
  const names = [...COMMON, ...(isHome ? HOME : SATELLITE)];
  const deployed = new Map(
    names.map((name) => [name, readDeployment(deployments, site.name, name)] as const),
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
  const implementation = deployed.get("RebaseToken")?.implementation;
  const known = { deployedAt, poolDeployedAt, implementation };
  if (!isHome) {
    const contracts = { ...common, receiver: address("RebaseReceiver") };
    return { ...site, role: "satellite", ...known, contracts };
  }
  const controller = address("RebaseController");
  const broadcaster = address("RebaseBroadcaster");
  const contracts = { ...common, controller, broadcaster };
  return { ...site, role: "home", ...known, contracts };
}

/**
 * The address of a deployment that hardhat-deploy wrote.
 * @throws naming the command that deploys it when it is not there.
 */
export function deployedAddress(deployments: string, network: string, name: string): string {
  return readDeployment(deployments, network, name).address;
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

function isDeployed(deployments: string, network: string): boolean {
  return existsSync(path.join(deployments, network, "RebaseToken.json"));
}

function recordedDeployer(deployments: string, network: string): string | undefined {
  return readDeployment(deployments, network, "RebaseToken").receipt?.from;
}

function readDeployment(deployments: string, network: string, name: string) {
  let text: string;
  try {
    text = readFileSync(path.join(deployments, network, `${name}.json`), "utf8");
  } catch {
    throw new Error(
      `${name} is not deployed on ${network}: run "npx hardhat deploy --network ${network}".`,
    );
  }
  return deploymentSchema.parse(JSON.parse(text));
}
