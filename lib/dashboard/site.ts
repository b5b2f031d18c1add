import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import type { DeploymentsFile } from "./schema";

const PROJECT = path.resolve(__dirname, "../..");
const WORKSPACE = path.join(PROJECT, "dashboard");

/** What `npm run build -w dashboard` makes. */
export const BUILT_SITE = path.join(WORKSPACE, "dist");

/** Stands in the built page for the origins that it may connect to. */
const CONNECT_SOURCES = "__CONNECT_SOURCES__";

/** What the built site is made of: when one of them is newer, it is built again. */
const SOURCES = [
  "dashboard/src",
  "dashboard/index.html",
  "dashboard/public",
  "dashboard/vite.config.ts",
  "lib",
];

/**
 * Builds the dashboard unless what is built is newer than its sources.
 * @throws with what the build printed when it failed.
 */
export async function buildSite(): Promise<void> {
  const index = path.join(BUILT_SITE, "index.html");
  if (existsSync(index)) {
    const builtAt = statSync(index).mtimeMs;
    if (SOURCES.every((source) => newestIn(path.join(PROJECT, source)) <= builtAt)) return;
  }
  await new Promise<void>((resolve, reject) => {
    const vite = path.join(path.dirname(require.resolve("vite/package.json")), "bin/vite.js");
    const child = spawn(process.execPath, [vite, "build", "--logLevel", "warn"], {
      cwd: WORKSPACE,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The dashboard could not be built:\n${output.trim()}`));
    });
  });
}

/** The page, allowed to connect to the mesh's RPC endpoints and to nothing else. */
export function pageFor(file: DeploymentsFile): string {
  const page = readFileSync(path.join(BUILT_SITE, "index.html"), "utf8");
  return page.replaceAll(CONNECT_SOURCES, connectSources(file));
}

/** Writes the dashboard of a mesh into a folder that any host can serve. */
export function writeSite(folder: string, file: DeploymentsFile): void {
  mkdirSync(folder, { recursive: true });
  cpSync(BUILT_SITE, folder, { recursive: true });
  writeFileSync(path.join(folder, "index.html"), pageFor(file));
  writeFileSync(path.join(folder, "deployments.json"), JSON.stringify(file));
}

/** The origins of the mesh's RPC endpoints, as a content security policy names them. */
export function connectSources({ chains }: Pick<DeploymentsFile, "chains">): string {
  return [...new Set(chains.map(({ rpcUrl }) => new URL(rpcUrl).origin))].join(" ");
}

function newestIn(file: string): number {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((name) => newestIn(path.join(file, name))));
}
