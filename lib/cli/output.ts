import { writeSync } from "node:fs";

import { CodedError } from "../core/errors";

/** A document on stdout could not be written, or not to its end. */
export class OutputLostError extends CodedError {
  override readonly name = "OutputLostError";
  readonly code = "OUTPUT_LOST";

  constructor(code: string) {
    super(
      `stdout could not be written (${code}), so that what belongs there is missing or cut. What was sent before stays sent; write to another place and ask again.`,
    );
  }
}

const STDOUT = 1;

/** Pause before writing to a full pipe again, milliseconds. */
const PIPE_PAUSE_MS = 5;

/** Error code of the first failed write to stdout. */
let lost: string | undefined;

let written = false;

/** Returns whether anything was written to stdout. */
export function hasWritten(): boolean {
  return written;
}

/**
 * Writes a text to stdout, to its last byte or not at all from then on. Never throws, because a run that sends
 * transactions has to finish: see {@link requireWritten}. Node's own stream drops what a full
 * disk takes only half of, and Hardhat ends the process before its error is heard.
 */
export function writeStdout(text: string): void {
  if (lost !== undefined) return;
  written = true;
  try {
    writeAll(STDOUT, text);
  } catch (error) {
    lost = codeOf(error) ?? String(error);
  }
}

/**
 * Makes sure that everything was written; a reader that closed the pipe (`| head -1`) is no error.
 * @throws OutputLostError otherwise.
 */
export function requireWritten(): void {
  if (lost !== undefined && lost !== "EPIPE") throw new OutputLostError(lost);
}

/** Writes a text for people to stderr; a closed stderr is no error. */
export function writeStderr(text: string): void {
  ignoreErrors(process.stderr);
  process.stderr.write(text);
}

const ignore = () => undefined;

/** Keeps a stream whose reader has gone from ending the process. */
export function ignoreErrors(stream: NodeJS.WriteStream): void {
  if (!stream.listeners("error").includes(ignore)) stream.on("error", ignore);
}

/** Writes until nothing is left: a single write may take less, and a pipe nothing while it is full. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_PAUSE_MS);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
