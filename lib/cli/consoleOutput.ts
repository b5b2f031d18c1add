import { writeStderr, writeStdout } from "./output";

/** The output streams of a task. */
export interface Output {
  /** A document or a table, for stdout. */
  readonly stdout: (text: string) => void;
  /** Progress and hints for people, for stderr. */
  readonly log: (text: string) => void;
}

/** Writes to the process's own streams. */
export const consoleOutput: Output = {
  stdout: (text) => writeStdout(`${text}\n`),
  log: (text) => writeStderr(`${text}\n`),
};
