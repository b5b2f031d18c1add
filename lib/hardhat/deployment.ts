import type { DeployOptions } from "hardhat-deploy/types";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import type { DeploymentSite } from "../mesh/constructorArguments";
import type { ChainCcip } from "../core/mesh/mesh";

import { chosenMesh } from "./chosenMesh";
import { inProcessCcip } from "./inProcessCcip";
import { placeOf } from "./networkConfig";

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
  const { config, role } = chosenMesh(hre);
  const { deployer } = await hre.getNamedAccounts();
  if (!deployer) {
    throw new OperatorError(
      "MISSING_KEY",
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
      await hre.deployments.deploy(name, {
        ...options,
        from: deployer,
        log: true,
        // What this checkout has changed since takes the place of nothing: that is for `pool replace`, `token upgrade`.
        skipIfAlreadyDeployed: true,
      });
    },
  };
}

/** The role of the network in its mesh, without touching the network: for `skip`. */
export function roleOn(hre: HardhatRuntimeEnvironment): "home" | "satellite" {
  return chosenMesh(hre).role;
}

async function ccipOn(hre: HardhatRuntimeEnvironment): Promise<ChainCcip> {
  const { name } = hre.network;
  return name === "hardhat" ? inProcessCcip(hre) : placeOf(name).ccip;
}
