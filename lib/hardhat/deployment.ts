import type { DeployOptions } from "hardhat-deploy/types";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { inProcessRole, requireRpcUrl, rpcUrlVariable } from "../../config/env";
import { meshByName, meshOfNetwork } from "../../config/meshes";
import { liveChain } from "../chains/directory";
import type { DeploymentSite } from "../mesh/constructorArguments";
import type { ChainCcip } from "../mesh/mesh";

import { localCcip } from "./localCcip";

/** Everything that a deploy script needs to know of where it runs. */
export interface Deployment extends DeploymentSite {
  /** The address of a contract that an earlier script deployed. */
  addressOf(name: string): Promise<string>;
  /** Deploys a contract, or finds it deployed already: then nothing is sent. */
  deploy(name: string, options: Omit<DeployOptions, "from" | "log">): Promise<void>;
}

/**
 * The mesh, role, CCIP contracts and deployer of the network that Hardhat runs on.
 * @throws when the network is in no mesh, its url or key is not set, or another chain answers.
 */
export async function deploymentOn(hre: HardhatRuntimeEnvironment): Promise<Deployment> {
  const { config, role } = siteOf(hre);
  const { deployer } = await hre.getNamedAccounts();
  if (!deployer) {
    throw new Error(
      "There is no account to deploy from: set DEPLOYER_KEYSTORE, DEPLOYER_LEDGER or DEPLOYER_PRIVATE_KEY in .env.",
    );
  }
  return {
    network: hre.network.name === "hardhat" ? config.home : hre.network.name,
    config,
    role,
    deployer,
    ccip: await ccipOn(hre),
    addressOf: async (name) => (await hre.deployments.get(name)).address,
    deploy: async (name, options) => {
      await hre.deployments.deploy(name, { ...options, from: deployer, log: true });
    },
  };
}

/** The role of the network in its mesh, without touching the network: for `skip`. */
export function roleOn(hre: HardhatRuntimeEnvironment): "home" | "satellite" {
  return siteOf(hre).role;
}

function siteOf(hre: HardhatRuntimeEnvironment) {
  const { name } = hre.network;
  if (name === "hardhat") return { config: meshByName("local"), role: inProcessRole() };
  const site = meshOfNetwork(name);
  if (!site) {
    throw new Error(`Network ${name} is in no mesh: add it to a file in config/meshes.`);
  }
  return site;
}

async function ccipOn(hre: HardhatRuntimeEnvironment): Promise<ChainCcip> {
  const { name } = hre.network;
  const live = liveChain(name);
  if (!live) return localCcip(hre);
  requireRpcUrl(name);
  const chainId = Number(await hre.getChainId());
  if (chainId !== live.chainId) {
    throw new Error(
      `The url in ${rpcUrlVariable(name)} answers as chain ${chainId}, but ${name} is chain ${live.chainId}: correct the url.`,
    );
  }
  return live.ccip;
}
