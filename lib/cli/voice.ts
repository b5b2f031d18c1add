import { writeStderr, writeStdout } from "./output";

/** How a task speaks. */
export interface Voice {
  /** A document or a table, for stdout. */
  readonly print: (text: string) => void;
  /** What goes on, for people. */
  readonly say: (text: string) => void;
}

/** Speaks on the process's own streams. */
export const TERMINAL: Voice = {
  print: (text) => writeStdout(`${text}\n`),
  say: (text) => writeStderr(`${text}\n`),
};
