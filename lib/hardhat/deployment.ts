import type { CcipContractName } from "ccip-localnet/protocol";
import type { DeployOptions } from "hardhat-deploy/types";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import type { ChainCcip } from "../core/mesh/mesh";
import { declaredOptional } from "../core/mesh/optional";
import type { DeploymentTarget } from "../mesh/constructorArguments";

import { chosenMesh } from "./chosenMesh";
import { placeOf } from "./networkConfig";
import { replacementOf } from "./replacement";

/** The target of a deploy script, and the script's access to records. */
interface Deployment extends DeploymentTarget {
  /** Returns the address of a contract that an earlier script deployed. */
  addressOf(name: string): Promise<string>;
  /**
   * Deploys a contract unless it is on record. A contract that is to be replaced is deployed again, and its old record
   * is kept under a numbered name.
   */
  deploy(name: string, options: Omit<DeployOptions, "from" | "log">): Promise<void>;
}

/** Returns the mesh, role, CCIP contracts and deployer of the network that Hardhat runs on. */
export async function deploymentOn(hre: HardhatRuntimeEnvironment): Promise<Deployment> {
  const { config, role } = chosenMesh(hre);
  const { name: network } = hre.network;
  const { deployer = "" } = await hre.getNamedAccounts();
  const addressOf = async (name: string) => (await hre.deployments.get(name)).address;
  return {
    network: network === "hardhat" ? config.home : network,
    config,
    role,
    deployer,
    ccip: network === "hardhat" ? await inProcessCcip(addressOf) : placeOf(network).ccip,
    addressOf,
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

/** Copies a record to the next free numbered name, `RebaseTokenPool_1` and so on, unless it has a copy already. */
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

/** Returns the role of the network in its mesh, without a connection: for `skip`. */
export function roleOn(hre: HardhatRuntimeEnvironment): "home" | "satellite" {
  return chosenMesh(hre).role;
}

/** Returns whether the mesh declares an optional contract for the network, without a connection: for `skip`. */
export function isDeclaredOn(hre: HardhatRuntimeEnvironment, contract: string): boolean {
  const { config, role } = chosenMesh(hre);
  return declaredOptional(config, role).some((one) => one.contract === contract);
}

/** Returns the record name of a CCIP contract on Hardhat's in-process network: `CCIP_router`. */
export function ccipRecord(contract: CcipContractName): string {
  return `CCIP_${contract}`;
}

async function inProcessCcip(addressOf: (name: string) => Promise<string>): Promise<ChainCcip> {
  return {
    router: await addressOf(ccipRecord("router")),
    rmnProxy: await addressOf(ccipRecord("rmnProxy")),
    tokenAdminRegistry: await addressOf(ccipRecord("tokenAdminRegistry")),
    registryModule: await addressOf(ccipRecord("registryModule")),
    link: await addressOf(ccipRecord("link")),
  };
}
