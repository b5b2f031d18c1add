import { LIVE_CHAINS } from "../../lib/chains/directory";
import { readManifest } from "../../lib/localnet/manifest";
import { parseMesh } from "../../lib/mesh/schema";
import type { MeshConfig, MeshInput } from "../../lib/mesh/schema";
import { localnetRoot } from "../env";
import { MAX_LOCAL_CHAINS, localChains } from "../localChains";

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
  return parseMesh(input(), { networks: networkNames() });
}

/** The mesh that a network belongs to, and the part it plays there; undefined if it is in none. A chain that is ready to be switched on counts as a satellite. */
export function meshOfNetwork(
  network: string,
): { config: MeshConfig; role: "home" | "satellite" } | undefined {
  for (const name of Object.keys(MESHES)) {
    const config = meshByName(name);
    if (config.home === network) return { config, role: "home" };
    const satellites = [...config.satellites, ...(config.ready ?? [])];
    if (satellites.includes(network)) return { config, role: "satellite" };
  }
  return undefined;
}

/** Every network that a mesh may name: the chain directory's and the local ones. */
function networkNames(): string[] {
  return [
    ...LIVE_CHAINS.map(({ network }) => network),
    ...localChains(MAX_LOCAL_CHAINS).map(({ name }) => name),
  ];
}
