import { DeploymentsManager } from "hardhat-deploy/dist/src/DeploymentsManager";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { inProcessRole, meshVariable, recordsOf } from "../../config/env";
import type { MeshMember } from "../../config/meshes";

/** Keyed by the configuration: a task and a deploy script get different environments with the same configuration. */
const chosen = new WeakMap<HardhatRuntimeEnvironment["config"], MeshMember>();

/**
 * Selects the mesh of Hardhat's network, for deploy scripts and records.
 * @param mesh its name; by default that of the variable MESH, or the only mesh that names the network.
 * @throws when the network is in no such mesh, or in several.
 */
export function chooseMesh(
  hre: HardhatRuntimeEnvironment,
  mesh: string | undefined = meshVariable(),
): MeshMember {
  const member = memberOf(hre.network.name, mesh);
  chosen.set(hre.config, member);
  return member;
}

/** Returns the selected mesh of Hardhat's network, or the one that would be selected by default, and the network's role. */
export function chosenMesh(hre: HardhatRuntimeEnvironment): MeshMember {
  const isInProcess = hre.network.name === "hardhat";
  return (
    chosen.get(hre.config) ?? memberOf(hre.network.name, isInProcess ? undefined : meshVariable())
  );
}

/**
 * Makes hardhat-deploy keep its records in the mesh's folder: by itself it reads the folder from the configuration
 * once, before a mesh is selected.
 */
export function keepRecordsByMesh(): void {
  Object.defineProperty(DeploymentsManager.prototype, "deploymentsPath", {
    get(this: { readonly env: HardhatRuntimeEnvironment }): string {
      return recordsOf(chosenMesh(this.env).config.name);
    },
    set: () => undefined,
  });
}

function memberOf(network: string, mesh: string | undefined): MeshMember {
  // Loaded here: Hardhat's configuration imports this file, and must not have to load every mesh.
  const meshes = require("../../config/meshes") as typeof import("../../config/meshes");
  if (network === "hardhat") return { ...meshes.meshFile(mesh ?? "local"), role: inProcessRole() };
  return meshes.meshOfNetwork(network, mesh);
}
