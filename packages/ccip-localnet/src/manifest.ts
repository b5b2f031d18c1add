import { readFileSync, rmSync } from "node:fs";
import path from "node:path";

import type { z } from "zod";

import type { manifestChainSchema, manifestSchema } from "./manifestSchema";

/** The running local network. */
export type Manifest = z.output<typeof manifestSchema>;

/** One of its chains. */
export type ManifestChain = z.output<typeof manifestChainSchema>;

/** Directory of the command line's network, below the current directory. */
export const DEFAULT_DIRECTORY = ".ccip-localnet";

/**
 * Returns the local network that keeps its files in a directory; undefined when there is no manifest, when it cannot be
 * read, or when its processes have ended. Never throws, and loads nothing when there is no manifest,
 * because configuration files call it.
 */
export function readManifest(directory: string = DEFAULT_DIRECTORY): Manifest | undefined {
  let text: string;
  try {
    text = readFileSync(manifestFile(directory), "utf8");
  } catch {
    return undefined;
  }
  try {
    const schemas = require("./manifestSchema") as typeof import("./manifestSchema");
    const manifest = schemas.manifestSchema.parse(JSON.parse(text));
    const pids = [manifest.pid, ...manifest.chains.map(({ pid }) => pid)];
    return pids.every(isRunning) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the path of the manifest. */
export function manifestFile(directory: string): string {
  return path.join(directory, "network.json");
}

/** Deletes the manifest. */
export function removeManifest(directory: string): void {
  rmSync(manifestFile(directory), { force: true });
}

/** Returns whether a process with this id runs; one that has ended and was not collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return !isZombie(pid);
}

/** Returns whether a process is a zombie (state Z in Linux): in a container orphans may never be reaped. */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
