import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { writeAllWhole } from "../files/write";

import type { DeploymentsFile } from "../core/dashboardFile";

const PROJECT = path.resolve(__dirname, "../..");
const WORKSPACE = path.join(PROJECT, "dashboard");

/** Folder that `npm run build -w dashboard` writes. */
export const BUILT_SITE = path.join(WORKSPACE, "dist");

/** Placeholder in the built page for the origins that it may connect to. */
const CONNECT_SOURCES = "__CONNECT_SOURCES__";

/** Source folders of the site: it is rebuilt when one of them is newer. */
const SOURCES = [
  "dashboard/src",
  "dashboard/index.html",
  "dashboard/public",
  "dashboard/vite.config.ts",
  "lib",
  "packages/ccip-localnet/src",
];

/**
 * Builds the dashboard unless the existing build is newer than its sources.
 * @throws with the build's output when it fails.
 */
export async function buildSite(): Promise<void> {
  const index = path.join(BUILT_SITE, "index.html");
  if (existsSync(index)) {
    const builtAt = statSync(index).mtimeMs;
    if (SOURCES.every((source) => newestIn(path.join(PROJECT, source)) <= builtAt)) return;
  }
  // Built in a separate folder: other processes may be serving or building the site.
  const modules = path.join(WORKSPACE, "node_modules");
  mkdirSync(modules, { recursive: true });
  const staging = mkdtempSync(path.join(modules, ".site-"));
  try {
    const fresh = path.join(staging, "dist");
    await build(fresh);
    replaceSite(fresh, path.join(staging, "old"));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function build(folder: string): Promise<void> {
  const vite = path.join(path.dirname(require.resolve("vite/package.json")), "bin/vite.js");
  const args = [vite, "build", "--logLevel", "warn", "--outDir", folder];
  try {
    const env = { ...process.env, NO_COLOR: "1" };
    await promisify(execFile)(process.execPath, args, { cwd: WORKSPACE, env });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`The dashboard could not be built:\n${(stdout + stderr).trim()}`, {
      cause: error,
    });
  }
}

/** Replaces the site with two renames, so that a server never sees a partial site. */
function replaceSite(fresh: string, discarded: string): void {
  if (existsSync(BUILT_SITE)) renameSync(BUILT_SITE, discarded);
  try {
    renameSync(fresh, BUILT_SITE);
  } catch (error) {
    // Another process finished first, with the same result.
    if (!existsSync(path.join(BUILT_SITE, "index.html"))) throw error;
  }
}

/** Returns the page, allowed to connect to the mesh's RPC endpoints only. */
export function pageFor({ chains }: DeploymentsFile): string {
  const origins = new Set(chains.map(({ rpcUrl }) => new URL(rpcUrl).origin));
  const page = readFileSync(path.join(BUILT_SITE, "index.html"), "utf8");
  return page.replaceAll(CONNECT_SOURCES, [...origins].join(" "));
}

/** Writes the dashboard of a mesh into a folder for static hosting. */
export function writeSite(folder: string, file: DeploymentsFile): void {
  const built = readdirSync(BUILT_SITE, { recursive: true, encoding: "utf8" });
  const site = new Map<string, string | Buffer>();
  for (const name of built) {
    const source = path.join(BUILT_SITE, name);
    // The page is written last, after all files that it references.
    if (name === "index.html" || !statSync(source).isFile()) continue;
    site.set(path.join(folder, name), readFileSync(source));
  }
  site.set(path.join(folder, "deployments.json"), JSON.stringify(file));
  writeAllWhole(site.set(path.join(folder, "index.html"), pageFor(file)));
}

function newestIn(file: string): number {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((name) => newestIn(path.join(file, name))));
}
