import { spawnSync } from "node:child_process";

import { CHAOS_OPTIONS, parseOptions, USAGE } from "./options";
import type { ChaosOptions } from "./options";

function parsed(): ChaosOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(1);
  }
}

const env = { ...process.env, [CHAOS_OPTIONS]: JSON.stringify(parsed()) };
const { status } = spawnSync("npx", ["hardhat", "test", "test/chaos/chaos.run.ts"], {
  env,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
