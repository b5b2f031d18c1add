import { whenSlow } from "../progress";
import type { Output } from "../consoleOutput";
import type { ReadOptions } from "../../mesh/state";

/** A log that reports slow reads too. */
export interface ReadProgress extends Pick<Output, "log"> {
  readonly during: NonNullable<ReadOptions["during"]>;
}

/**
 * Reports what is being read where that takes long, chain by chain: each title once until something else was
 * logged, for a run that waits for a message reads again and again.
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
