import { readFileSync } from "node:fs";
import path from "node:path";

import { getAddress } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";

import { findRamps } from "../ccip/ramps";

import type { ChainCcip, HomeChain, Mesh, SatelliteChain } from "./mesh";
import type { MeshConfig } from "./schema";

/** The deployments that every chain has. */
const COMMON = ["TimelockController", "RebaseToken", "RebaseTokenPool"] as const;

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
  /** The account that deploys and wires. */
  readonly deployer: string;
}

const deploymentSchema = z.object({
  address: z.string().transform((value) => getAddress(value)),
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
  const { deployments, sites, deployer } = options;
  const names = [config.home, ...config.satellites];
  const chains = await Promise.all(
    names.map(async (name) => {
      const site = sites.find((candidate) => candidate.name === name);
      if (!site) throw new Error(`${name} is in mesh ${config.name}, but nothing is known of it.`);
      const peers = sites.filter((other) => other !== site && names.includes(other.name));
      const ramps = await findRamps(
        name,
        site.provider,
        site.ccip.router,
        peers.map(({ selector }) => selector),
      );
      return { ...site, ccip: { ...site.ccip, ...ramps } };
    }),
  );
  const address = (network: string, name: string) => deployedAddress(deployments, network, name);
  const common = (network: string) => ({
    timelock: address(network, "TimelockController"),
    token: address(network, "RebaseToken"),
    pool: address(network, "RebaseTokenPool"),
  });
  const deployedAt = (network: string, contracts: readonly string[]) => {
    const blocks = contracts.map(
      (name) => readDeployment(deployments, network, name).receipt?.blockNumber ?? 0,
    );
    return Math.min(...blocks);
  };
  const [first, ...others] = chains;
  if (!first) throw new Error(`Mesh ${config.name} has no home.`);
  const home: HomeChain = {
    ...first,
    role: "home",
    deployedAt: deployedAt(first.name, [...COMMON, "RebaseController", "RebaseBroadcaster"]),
    contracts: {
      ...common(first.name),
      controller: address(first.name, "RebaseController"),
      broadcaster: address(first.name, "RebaseBroadcaster"),
    },
  };
  const satellites = others.map((chain): SatelliteChain => ({
    ...chain,
    role: "satellite",
    deployedAt: deployedAt(chain.name, [...COMMON, "RebaseReceiver"]),
    contracts: { ...common(chain.name), receiver: address(chain.name, "RebaseReceiver") },
  }));
  return { config, home, satellites, deployer };
}

/**
 * The address of a deployment that hardhat-deploy wrote.
 * @throws naming the command that deploys it when it is not there.
 */
export function deployedAddress(deployments: string, network: string, name: string): string {
  return readDeployment(deployments, network, name).address;
}

/**
 * Who deployed the token on a network.
 * @throws when it is not deployed, or nothing was written down of it.
 */
export function deployerOf(deployments: string, network: string): string {
  const deployer = readDeployment(deployments, network, "RebaseToken").receipt?.from;
  if (deployer) return deployer;
  throw new Error(
    `Nobody knows who deployed the token on ${network}: set DEPLOYER_PRIVATE_KEY or DEPLOYER_KEYSTORE in .env.`,
  );
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
