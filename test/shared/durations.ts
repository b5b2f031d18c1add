import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

const ROOT = path.resolve(__dirname, "../..");
const FILE = path.join(ROOT, "cache/test-durations.json");

const durationsSchema = z.record(z.string(), z.number());

/** Milliseconds that each file of tests took when it last ran; none where nothing was kept. */
export function lastDurations(): Record<string, number> {
  try {
    return durationsSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
  } catch {
    return {};
  }
}

/** Keeps what files of tests took, for {@link longestFirst}. */
export function keepDurations(files: ReadonlyMap<string, number>): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  const all = { ...lastDurations(), ...Object.fromEntries(files) };
  writeFileSync(FILE, JSON.stringify(all, undefined, 2));
}

/**
 * Orders files of tests by how long they took last: Mocha hands them out one by one, and a long one at the end would
 * keep one core busy alone. Those that nothing is known of come first.
 */
export function longestFirst(files: readonly string[]): string[] {
  const durations = lastDurations();
  const of = (file: string) => durations[path.relative(ROOT, file)] ?? Infinity;
  return [...files].sort((a, b) => (of(a) === of(b) ? 0 : of(b) - of(a)));
}
