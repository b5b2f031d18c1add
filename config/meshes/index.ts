import { readManifest } from "../../lib/localnet/manifest";
import { parseMesh } from "../../lib/mesh/schema";
import type { MeshConfig, MeshInput } from "../../lib/mesh/schema";
import { localnetRoot } from "../env";

import { localMesh } from "./local";
import { testnetMesh } from "./testnet";

/** Every mesh by its name. A file is checked when it is asked for, not when Hardhat starts. */
const MESHES: Record<string, () => MeshInput> = {
  local: () => localMesh(readManifest(localnetRoot())?.chains.length),
  testnet: () => testnetMesh,
};

/**
 * The mesh called `name`.
 * @throws when there is none, naming those there are, or when its file has mistakes.
 */
export function meshByName(name: string): MeshConfig {
  const input = MESHES[name];
  if (!input) {
    const names = Object.keys(MESHES).join(", ");
    throw new Error(`There is no mesh "${name}": use one of ${names}, or add it to config/meshes.`);
  }
  return parseMesh(input());
}

/** The mesh that a network belongs to, and the part it plays there; undefined if it is in none. */
export function meshOfNetwork(
  network: string,
): { config: MeshConfig; role: "home" | "satellite" } | undefined {
  for (const name of Object.keys(MESHES)) {
    const config = meshByName(name);
    if (config.home === network) return { config, role: "home" };
    if (config.satellites.includes(network)) return { config, role: "satellite" };
  }
  return undefined;
}
