import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Command } from "./resident";
import { runDirectory } from "./runDirectory";
import { environment } from "./surroundings";
import type { Outcome } from "./surroundings";

/** Polling interval of a command's output. */
const LOOK_MS = 25;

/** A command that runs in the process that all commands share. */
export interface Running {
  /** Waits until stderr holds a text, or the command has ended. */
  said(text: string): Promise<void>;
  readonly ended: Promise<Outcome>;
}

/** The process that runs commands, and the files that it writes to as a terminal would be written to. */
interface Resident {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
}

let resident: Resident | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `npx hardhat …` as if in a process of its own, one command after the other.
 * @param directory below which a local network keeps its files.
 */
export function runHardhat(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Running {
  const before = last;
  let isDone = false;
  const start = before.then(() => begin());
  const ended = start.then(async (place) => {
    const { env: all } = environment(directory, env);
    const command: Command = { args, env: all };
    place.child.send(command);
    const code = await answerOf(place.child);
    isDone = true;
    return { code, ...place.output() };
  });
  last = ended.catch(() => undefined);
  return {
    ended,
    said: async (text) => {
      const { output } = await start;
      while (!isDone && !output().stderr.includes(text)) await sleep(LOOK_MS);
    },
  };
}

function begin() {
  resident ??= startResident();
  const { child, stdout, stderr } = resident;
  const from = [stdout, stderr].map((file) => readFileSync(file).length);
  const since = (file: string, i: number) => readFileSync(file).subarray(from[i]).toString();
  return { child, output: () => ({ stdout: since(stdout, 0), stderr: since(stderr, 1) }) };
}

function startResident(): Resident {
  const folder = mkdtempSync(path.join(runDirectory(), "hardhat-"));
  const [stdout, stderr] = [path.join(folder, "stdout"), path.join(folder, "stderr")];
  const { cwd, env } = environment(folder);
  const files = [openSync(stdout, "a"), openSync(stderr, "a")] as const;
  const child = fork(path.join(__dirname, "resident.ts"), {
    cwd,
    env,
    execArgv: ["--require", "hardhat/register"],
    stdio: ["ignore", ...files, "ipc"],
  });
  files.forEach(closeSync);
  return { child, stdout, stderr };
}

async function answerOf(child: ChildProcess): Promise<number> {
  const gone = new AbortController();
  const [answer] = (await Promise.race([
    once(child, "message", gone),
    once(child, "exit", gone),
  ]).finally(() => gone.abort())) as [unknown];
  if (child.exitCode === null && typeof answer === "number") return answer;
  resident = undefined;
  throw new Error(`Hardhat's process ended with exit code ${child.exitCode} in the middle.`);
}
