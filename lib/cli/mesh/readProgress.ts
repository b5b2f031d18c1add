import { whenSlow } from "../progress";
import type { Output } from "../consoleOutput";
import type { ReadOptions } from "../../mesh/state";

/** A voice that tells of slow reads too. */
export interface ReadProgress extends Pick<Output, "log"> {
  readonly during: NonNullable<ReadOptions["during"]>;
}

/**
 * Tells what is being read where that takes long, chain by chain: each of them once until something else
 * was said, for who waits for a message reads again and again.
 */
export function showReadProgress(log: Output["log"]): ReadProgress {
  const told = new Set<string>();
  return {
    log: (text) => {
      told.clear();
      log(text);
    },
    during: (title, action) =>
      told.has(title)
        ? action()
        : whenSlow(title, action, (text) => {
            told.add(title);
            log(text);
          }),
  };
}
