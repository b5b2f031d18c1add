import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.resolve(__dirname, "../..");

/** What a command said, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A local network in a terminal of its own, and a second terminal to run tasks in. */
export interface Terminals {
  /** Below which the network keeps its files. */
  readonly directory: string;
  /** Runs `npx hardhat …` beside the network, without keys of its own. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** Types a line into a shell of the second terminal, just as it stands. */
  type(line: string): Promise<Outcome>;
  /** Ends the network and removes its files. */
  close(): Promise<void>;
}

/** Starts `npx hardhat localnet start …` and waits until the network is up. */
export async function startTerminals(...options: readonly string[]): Promise<Terminals> {
  const directory = mkdtempSync(path.join(tmpdir(), "terminals-"));
  const network = hardhat(directory, ["localnet", "start", ...options]);
  await networkIsUp(network);
  return {
    directory,
    run: (args, env) => outcomeOf(hardhat(directory, args, env)),
    type: (line) => outcomeOf(spawn(line, { ...surroundings(directory), shell: true })),
    close: async () => {
      const ended = network.exitCode !== null || network.signalCode !== null;
      if (!ended) {
        network.kill("SIGINT");
        await once(network, "exit");
      }
      rmSync(directory, { recursive: true });
    },
  };
}

/** What it says is read to the end: it would die of a closed pipe. */
async function networkIsUp(network: ChildProcess): Promise<void> {
  let talk = "";
  network.stdout?.resume();
  await new Promise<void>((resolve, reject) => {
    network.stderr?.on("data", (chunk: Buffer) => {
      talk += chunk.toString();
      if (talk.includes("The network is up")) resolve();
    });
    network.once("exit", (code) => {
      reject(new Error(`The network ended with exit code ${code} before it was up:\n${talk}`));
    });
  });
}

/** Hardhat's own process without npx in between, so that a signal reaches it. */
export function hardhat(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const cli = require.resolve("hardhat/internal/cli/bootstrap");
  return spawn(process.execPath, [cli, ...args], surroundings(directory, env));
}

function surroundings(directory: string, env: NodeJS.ProcessEnv = {}) {
  return {
    cwd: ROOT,
    env: {
      ...process.env,
      LOCALNET_DIRECTORY: directory,
      HARDHAT_NETWORK: "hardhat",
      // Where CI is set, colours would be mixed into what is compared.
      NO_COLOR: "1",
      TS_NODE_TRANSPILE_ONLY: "1",
      MESH: "",
      DEPLOYER_PRIVATE_KEY: "",
      DEPLOYER_KEYSTORE: "",
      ...env,
    },
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
