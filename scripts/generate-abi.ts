import { mkdirSync } from "node:fs";

import hre from "hardhat";

import { readingBuildsOnce } from "../lib/hardhat/artifacts";
import { updated } from "./surface/abi";
import { SURFACE_FOLDER, committedSurface, compiledSurfaces, writeSurface } from "./surface/files";

/** Writes config/abi from the contracts as they are compiled now; what they no longer have stays listed as removed. */
async function main(): Promise<void> {
  mkdirSync(SURFACE_FOLDER, { recursive: true });
  const surfaces = await readingBuildsOnce(hre, () => compiledSurfaces(hre.artifacts));
  for (const [contract, surface] of surfaces) {
    writeSurface(contract, updated(committedSurface(contract), surface));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
