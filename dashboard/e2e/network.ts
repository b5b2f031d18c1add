import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 420_000;

/** Path of Hardhat's command line. */
export const HARDHAT = createRequire(import.meta.url).resolve("hardhat/internal/cli/bootstrap");

/**
 * Runs what `npm start` runs, in a separate folder, and stops it after the tests. The URL of the dashboard is
 * passed on in DASHBOARD_URL, and the folder in LOCALNET_DIRECTORY; when the URL is set already, that network is
 * used.
 */
export default async function startNetwork(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.DASHBOARD_URL) return undefined;
  const directory = mkdtempSync(path.join(tmpdir(), "dashboard-e2e-"));
  const child = spawn(process.execPath, [HARDHAT, "demo", "--stay", "--port", "0"], {
    cwd: ROOT,
    env: { ...process.env, LOCALNET_DIRECTORY: directory, TS_NODE_TRANSPILE_ONLY: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.env.LOCALNET_DIRECTORY = directory;
  process.env.DASHBOARD_URL = await addressOf(child);
  return async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = () => {
      child.kill("SIGTERM");
      reject(new Error(`The local network did not start:\n${output}`));
    };
    const timer = setTimeout(fail, START_TIMEOUT_MS);
    child.once("exit", fail);
    child.stderr?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /Dashboard: (http:\S+)/.exec(output)?.[1];
      if (!url) return;
      clearTimeout(timer);
      child.off("exit", fail);
      resolve(url);
    });
  });
}
