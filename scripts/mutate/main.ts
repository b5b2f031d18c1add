import hre from "hardhat";

import { SubjectCompiler } from "./compiler";
import { mutationsOf } from "./mutations";
import { parseOptions } from "./options";
import { report } from "./report";
import { decideAll, sampleOf } from "./run";
import type { Fault } from "./run";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  await hre.run("compile", { quiet: true });
  const faults: Fault[] = [];
  for (const subject of options.subjects) {
    const { ast, source } = await SubjectCompiler.of(hre, subject);
    mutationsOf(ast, source).forEach((mutation) => faults.push({ subject, mutation }));
  }
  const chosen = sampleOf(faults, options);
  if (options.sample !== undefined) {
    console.log(`${chosen.length} of ${faults.length} faults, --seed ${options.seed}`);
  }
  await decideAll(chosen, options);
  if (!report(chosen, options.subjects, faults)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
