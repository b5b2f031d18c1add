import { existsSync, writeFileSync } from "node:fs";

import hre from "hardhat";

import { toJson } from "../lib/core/json";
import {
  UPGRADEABLE,
  committedLayout,
  layoutFile,
  layoutProblems,
} from "../lib/deployments/layout";
import { storageLayout } from "../lib/hardhat/artifacts";

/** Writes the layouts of upgradeable contracts into git, unless a proxy could not be upgraded to them. */
async function main(): Promise<void> {
  for (const contract of UPGRADEABLE) {
    const layout = await storageLayout(hre, contract);
    const file = layoutFile(contract);
    const problems = existsSync(file) ? layoutProblems(committedLayout(contract), layout) : [];
    if (problems.length > 0) {
      throw new Error(`${file} is left as it is:\n  ${problems.join("\n  ")}`);
    }
    writeFileSync(file, `${toJson(layout)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
