import { DeploymentsManager } from "hardhat-deploy/dist/src/DeploymentsManager";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { inProcessRole, meshVariable, recordsOf } from "../../config/env";
import type { MeshMember } from "../../config/meshes";

/** By the configuration: a task and a deploy script are handed different environments over the same one. */
const chosen = new WeakMap<HardhatRuntimeEnvironment["config"], MeshMember>();

/**
 * Settles which mesh Hardhat's network is meant in, for deploy scripts and records.
 * @param mesh its name; the variable MESH's, or the only mesh that names the network, unless given.
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

/** The mesh that Hardhat's network was, or else would be, chosen to be meant in. */
export function chosenMesh(hre: HardhatRuntimeEnvironment): MeshMember {
  const isInProcess = hre.network.name === "hardhat";
  return (
    chosen.get(hre.config) ?? memberOf(hre.network.name, isInProcess ? undefined : meshVariable())
  );
}

/**
 * Has hardhat-deploy keep its records where the mesh's are: it takes its folder from the configuration
 * once, before a mesh is chosen.
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
