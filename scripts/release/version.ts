import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

/** The manifests that say the version, and the lock file that repeats them. */
export const MANIFESTS = [
  "package.json",
  "dashboard/package.json",
  "packages/ccip-localnet/package.json",
] as const;
const LOCK = "package-lock.json";

const manifestSchema = z.looseObject({ version: z.string() });
const lockSchema = z.looseObject({
  version: z.string(),
  packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })),
});

/** Reads the version of the project below `root`. */
export function currentVersion(root: string): string {
  return manifestSchema.parse(readJson(path.join(root, "package.json"))).version;
}

/** @throws when `next` is not a version, or below `current`, which may not have been released yet. */
export function requireHigher(next: string, current: string): void {
  const [, ...parts] = VERSION.exec(next) ?? [];
  if (parts.length === 0) {
    throw new Error(`"${next}" is not a version: write three numbers, for example 0.2.0.`);
  }
  const [, ...former] = VERSION.exec(current) ?? [];
  const first = [0, 1, 2].find((i) => Number(parts[i]) !== Number(former[i]));
  if (first === undefined || Number(parts[first]) > Number(former[first])) return;
  throw new Error(`${next} is below ${current}, the version of package.json: choose a higher one.`);
}

/** Writes a version into every manifest below `root` and the lock file. @returns the files that changed. */
export function writeVersion(root: string, version: string): string[] {
  for (const name of MANIFESTS) {
    const file = path.join(root, name);
    writeJson(file, { ...manifestSchema.parse(readJson(file)), version });
  }
  const file = path.join(root, LOCK);
  const lock = lockSchema.parse(readJson(file));
  const packages = { ...lock.packages };
  for (const name of MANIFESTS) {
    const folder = path.dirname(name).replace(/^\.$/, "");
    packages[folder] = { ...packages[folder], version };
  }
  writeJson(file, { ...lock, version, packages });
  return [...MANIFESTS, LOCK];
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
