// Installs @chainlink/ccip-sdk (215 packages, 259 MB: no dependency of the project) beside the project and runs scripts/interop with it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const SDK = "@chainlink/ccip-sdk@1.6.2";
const TESTS = ["scripts/interop/ccipSdk.test.ts", "scripts/interop/codecs.test.ts"];
const folder = process.env.CCIP_SDK ?? path.join(tmpdir(), "ccip-sdk-interop");

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(path.join(folder, "node_modules/@chainlink/ccip-sdk"))) {
  mkdirSync(folder, { recursive: true });
  run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", SDK]);
}
run("npx", ["hardhat", "test", ...TESTS], { CCIP_SDK: folder });
