import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import hre from "hardhat";

import { apiPages } from "./api/generate";

/** Writes docs/api from the contracts as they are compiled now. */
async function main(): Promise<void> {
  const folder = path.join(hre.config.paths.root, "docs/api");
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of await apiPages(hre.artifacts)) {
    writeFileSync(path.join(folder, file), text);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
