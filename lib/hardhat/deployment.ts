import type { DeployOptions } from "hardhat-deploy/types";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import type { DeploymentSite } from "../mesh/constructorArguments";
import type { ChainCcip } from "../core/mesh/mesh";

import { chosenMesh } from "./chosenMesh";
import { inProcessCcip } from "./inProcessCcip";
import { placeOf } from "./networkConfig";
import { replacementOf } from "./replacement";

/** Everything that a deploy script needs to know of where it runs. */
export interface Deployment extends DeploymentSite {
  /** The address of a contract that an earlier script deployed. */
  addressOf(name: string): Promise<string>;
  /**
   * Deploys a contract, or finds it on record: then nothing is sent. What is to be replaced is deployed anew,
   * and its record is kept under a name with a number.
   */
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
      const replacement = replacementOf(hre, name);
      if (replacement) await archive(hre, name);
      if (replacement?.again) await hre.deployments.delete(name);
      await hre.deployments.deploy(name, {
        ...options,
        from: deployer,
        log: true,
        skipIfAlreadyDeployed: replacement === undefined,
      });
    },
  };
}

/** Keeps a record under a name of its own, `RebaseTokenPool_1` and so on; once is enough. */
async function archive({ deployments }: HardhatRuntimeEnvironment, name: string): Promise<void> {
  const record = await deployments.getOrNull(name);
  if (!record) return;
  for (let number = 1; ; number++) {
    const kept = `${name}_${number}`;
    const other = await deployments.getOrNull(kept);
    if (other && other.address !== record.address) continue;
    if (!other) await deployments.save(kept, record);
    return;
  }
}

/** The role of the network in its mesh, without touching the network: for `skip`. */
export function roleOn(hre: HardhatRuntimeEnvironment): "home" | "satellite" {
  return chosenMesh(hre).role;
}

async function ccipOn(hre: HardhatRuntimeEnvironment): Promise<ChainCcip> {
  const { name } = hre.network;
  return name === "hardhat" ? inProcessCcip(hre) : placeOf(name).ccip;
}
