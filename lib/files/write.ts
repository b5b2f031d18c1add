import { mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes a file in one step: readers find the old content or all of the new, also when the disk
 * is full in the middle.
 * @throws naming the file when it cannot be written.
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  writeAllWhole(new Map([[file, content]]));
}

/**
 * Writes several files, and puts none in its place before all of them are written to their end.
 * @param before is done when they are written and before they take their places.
 * @throws naming the file that cannot be written.
 */
export function writeAllWhole(
  files: ReadonlyMap<string, string | Uint8Array>,
  before: () => void = () => undefined,
): void {
  const drafts = new Map<string, string>();
  try {
    for (const [file, content] of files) {
      try {
        mkdirSync(path.dirname(file), { recursive: true });
        const target = targetOf(file);
        // A device such as /dev/stdout is written to, never replaced.
        const draft = target === undefined ? file : `${target}.${process.pid}.draft`;
        if (target !== undefined) drafts.set(draft, target);
        writeFileSync(draft, content);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${file} could not be written: ${reason}`, { cause: error });
      }
    }
    before();
    for (const [draft, target] of drafts) renameSync(draft, target);
  } finally {
    for (const draft of drafts.keys()) rmSync(draft, { force: true });
  }
}

/** The file behind a name, through links; undefined for what is there and no file. */
function targetOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return file;
  return found.isFile() ? realpathSync(file) : undefined;
}
