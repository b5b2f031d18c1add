import { createSpinner } from "nanospinner";
import pc from "picocolors";

import type { Progress } from "../core/progress";

import { writeStderr } from "./output";

const NOTICEABLE_MS = 2_000;

/** Makes the progress output for people. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const line = (text: string) => stream.write(`${text}\n`);
  const indent = (text: string) => pc.dim(text.replace(/^/gm, "    "));
  // Notes during an action are printed after it: a spinner owns its line.
  const notes: string[] = [];
  let depth = 0;
  const tellNotes = () => notes.splice(0).forEach((text) => line(indent(text)));
  return {
    async during(title, action) {
      const spinner = stream.isTTY ? createSpinner(title, { stream }).start() : undefined;
      const startedAt = Date.now();
      depth += 1;
      try {
        const result = await action();
        const elapsed = Date.now() - startedAt;
        const took = elapsed < NOTICEABLE_MS ? "" : ` (${(elapsed / 1_000).toFixed(1)} s)`;
        if (spinner) spinner.success(`${title}${pc.dim(took)}`);
        else line(`${pc.green("ok")}  ${title}${took}`);
        return result;
      } catch (error) {
        if (spinner) spinner.error(title);
        else line(`${pc.red("failed")}  ${title}`);
        throw error;
      } finally {
        depth -= 1;
        tellNotes();
      }
    },
    note(text) {
      if (depth === 0) line(indent(text));
      else notes.push(text);
    },
  };
}

/**
 * Runs an action, and logs its title once it takes noticeably long, and then
 * how long it took.
 */
export async function whenSlow<T>(
  title: string,
  action: () => Promise<T>,
  log = (text: string) => writeStderr(`${text}\n`),
): Promise<T> {
  const startedAt = Date.now();
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    log(title);
  }, NOTICEABLE_MS);
  try {
    const result = await action();
    if (isSlow) log(`${title} done after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** Progress that prints nothing. */
export const NO_PROGRESS: Progress = {
  during: (_title, action) => action(),
  note: () => undefined,
};

/** Returns the progress of a run that prints for people, or one document. */
export function progressOf(json: boolean): Progress {
  return json ? NO_PROGRESS : createProgress();
}

/**
 * Reports slow reads in a log. A title is printed once until another line is logged, because a run that waits for a
 * message reads repeatedly.
 */
export function showReadProgress(log: (text: string) => void) {
  const reported = new Set<string>();
  return {
    log: (text: string) => {
      reported.clear();
      log(text);
    },
    during: <T>(title: string, action: () => Promise<T>): Promise<T> =>
      reported.has(title)
        ? action()
        : whenSlow(title, action, (text) => {
            reported.add(title);
            log(text);
          }),
  };
}
