import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isRunning } from "./manifest";

/** Age after which a claim is stale, milliseconds: a start takes seconds, and the process id may have been reused. */
const CLAIM_LIFETIME_MS = 120_000;

/**
 * Locks a directory for one network while it starts and has no manifest yet: two would write into the same logs.
 * @returns a function that releases the lock.
 * @throws when another network starts there.
 */
export function claimDirectory(directory: string): () => void {
  const file = path.join(directory, "starting");
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const holder = holderOf(file);
    if (holder !== undefined) {
      throw new Error(
        `Another local network is starting in ${directory} (process ${holder}): use that one, or ` +
          `choose another directory.`,
        { cause: error },
      );
    }
    rmSync(file, { force: true });
    return claimDirectory(directory);
  }
  return () => rmSync(file, { force: true });
}

function holderOf(file: string): number | undefined {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  if (Date.now() - mtimeMs > CLAIM_LIFETIME_MS) return undefined;
  // The file is empty between its creation and the write: its owner runs then.
  const pid = Number(readFileSync(file, "utf8") || process.pid);
  return isRunning(pid) ? pid : undefined;
}
