import { existsSync, writeFileSync } from "node:fs";

import hre from "hardhat";

import { recordsOf } from "../config/env";
import { toJson } from "../lib/cli/json";
import { yardOf } from "../lib/hardhat/yard";
import { UPGRADEABLE, layoutFile } from "../lib/upgrade/committed";
import { layoutProblems } from "../lib/upgrade/layout";

/** Writes the layouts of upgradeable contracts into git, unless a proxy could not be upgraded to them. */
async function main(): Promise<void> {
  const yard = yardOf(hre, recordsOf("local"));
  for (const contract of UPGRADEABLE) {
    const layout = await yard.layout(contract);
    const file = layoutFile(contract);
    const problems = existsSync(file) ? layoutProblems(yard.committedLayout(contract), layout) : [];
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
