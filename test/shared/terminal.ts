import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { runHardhat } from "./hardhatProcess";
import { startMesh } from "./savedMesh";
import { environment } from "./surroundings";
import type { Outcome } from "./surroundings";

/** A local network, with a terminal to run tasks in. */
export interface Terminals {
  /** Below which the network keeps its files. */
  readonly directory: string;
  /** Runs `npx hardhat …` beside the network, without keys of its own. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** Types a line into a shell, just as it stands. */
  type(line: string): Promise<Outcome>;
  /** Ends the network and removes its files. */
  close(): Promise<void>;
}

/** Starts a local network that delivers messages, as `npx hardhat localnet start` does. */
export async function startTerminals({ unwired = false } = {}): Promise<Terminals> {
  const directory = mkdtempSync(path.join(tmpdir(), "terminals-"));
  const { localnet } = await startMesh({ directory, unwired });
  localnet.ccip.start();
  return {
    directory,
    run: (args, env) => runHardhat(directory, args, env).ended,
    type: (line) => outcomeOf(spawn(line, { ...inTerminal(directory), shell: true })),
    close: async () => {
      await localnet.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Hardhat's own process without npx in between, so that a signal reaches it. */
export function hardhat(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const cli = require.resolve("hardhat/internal/cli/bootstrap");
  return spawn(process.execPath, [cli, ...args], inTerminal(directory, env));
}

function inTerminal(directory: string, env: NodeJS.ProcessEnv = {}) {
  return {
    ...environment(directory, env),
    stdio: ["ignore", "pipe", "pipe"] satisfies ["ignore", "pipe", "pipe"],
  };
}

/** Waits until a process has ended. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}
