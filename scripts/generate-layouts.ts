import { existsSync, writeFileSync } from "node:fs";

import hre from "hardhat";

import { recordsOf } from "../config/env";
import { toJson } from "../lib/core/json";
import { buildArtifactsOf } from "../lib/hardhat/buildArtifacts";
import { UPGRADEABLE, layoutFile } from "../lib/deployments/committedLayout";
import { layoutProblems } from "../lib/deployments/layout";

/** Writes the layouts of upgradeable contracts into git, unless a proxy could not be upgraded to them. */
async function main(): Promise<void> {
  const buildArtifacts = buildArtifactsOf(hre, recordsOf("local"));
  for (const contract of UPGRADEABLE) {
    const layout = await buildArtifacts.layout(contract);
    const file = layoutFile(contract);
    const problems = existsSync(file)
      ? layoutProblems(buildArtifacts.committedLayout(contract), layout)
      : [];
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
