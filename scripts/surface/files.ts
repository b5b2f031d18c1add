import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Artifacts } from "hardhat/types";

import { toJson } from "../../lib/core/json";
import { parseSurface, surfaceOf } from "./abi";
import type { Surface } from "./abi";
import { ownContracts } from "./contracts";

/** Folder of the surfaces in git, a file for each contract. */
export const SURFACE_FOLDER = path.resolve(__dirname, "../../config/abi");

/** Reads the surface in git of a contract; undefined for a new one. */
export function committedSurface(contract: string): Surface | undefined {
  const file = surfaceFile(contract);
  return existsSync(file) ? parseSurface(readFileSync(file, "utf8")) : undefined;
}

/** Returns the file in git that keeps the surface of a contract. */
export function surfaceFile(contract: string): string {
  return path.join(SURFACE_FOLDER, `${contract}.json`);
}

/** Returns the names of the contracts with a surface in git. */
export function committedContracts(): string[] {
  return readdirSync(SURFACE_FOLDER).map((file) => path.basename(file, ".json"));
}

/** Returns the surfaces as compiled, by contract; of contracts that are in git alone, an empty one. */
export async function compiledSurfaces(
  artifacts: Artifacts,
): Promise<ReadonlyMap<string, Surface>> {
  const surfaces = new Map<string, Surface>();
  for (const name of committedContracts())
    surfaces.set(name, { abi: [], storage: [], removed: [] });
  for (const { contractName, sourceName, abi } of await ownContracts(artifacts)) {
    if (abi.length === 0) continue;
    const build = await artifacts.getBuildInfo(`${sourceName}:${contractName}`);
    const output = build?.output.contracts[sourceName]?.[contractName] as
      { storageLayout?: unknown } | undefined;
    if (!output) throw new Error(`${contractName} is not compiled: run "npx hardhat compile".`);
    surfaces.set(contractName, surfaceOf(abi, output.storageLayout));
  }
  return surfaces;
}

/** Forgets at a release what was removed before it, and returns the files. */
export function forgetRemoved(): string[] {
  return committedContracts().flatMap((contract) => {
    const surface = committedSurface(contract);
    if (!surface?.removed.length) return [];
    writeSurface(contract, { ...surface, removed: [] });
    return [surfaceFile(contract)];
  });
}

/** Writes the surface of a contract into git. */
export function writeSurface(contract: string, surface: Surface): void {
  writeFileSync(surfaceFile(contract), `${toJson(surface)}\n`);
}
