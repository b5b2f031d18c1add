import { writeStderr, writeStdout } from "./output";

/** How a task speaks. */
export interface Output {
  /** A document or a table, for stdout. */
  readonly stdout: (text: string) => void;
  /** What goes on, for people. */
  readonly log: (text: string) => void;
}

/** Speaks on the process's own streams. */
export const consoleOutput: Output = {
  stdout: (text) => writeStdout(`${text}\n`),
  log: (text) => writeStderr(`${text}\n`),
};
