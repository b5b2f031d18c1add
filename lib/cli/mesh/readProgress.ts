import { whenSlow } from "../progress";
import type { Output } from "../consoleOutput";
import type { ReadOptions } from "../../mesh/state";

/** A log that also reports slow reads. */
export interface ReadProgress extends Pick<Output, "log"> {
  readonly during: NonNullable<ReadOptions["during"]>;
}

/**
 * Reports slow reads by chain. A title is printed once until another line is logged, because a run that waits for a
 * message reads repeatedly.
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
