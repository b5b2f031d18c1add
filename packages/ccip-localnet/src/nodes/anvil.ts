import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { JsonRpcProvider, Network } from "ethers";
import { z } from "zod";

import { LOCAL_FUNDED_ACCOUNTS, LOCAL_MNEMONIC } from "../config";
import { withoutKeys } from "../errors";
import type { Fork } from "../options";

import { watch } from "./watchdog";

/** A chain to be run by an anvil of its own. */
export interface AnvilOptions {
  readonly name: string;
  /** That of the remote chain unless named; only a fork may leave it out. */
  readonly chainId?: number;
  /** Receives everything that the node prints; overwritten. */
  readonly logFile: string;
  /** A free one unless named. */
  readonly port?: number;
  /** Begins as a copy of the chain behind this url. */
  readonly fork?: Fork;
}

/** A running node. */
export interface Anvil {
  readonly name: string;
  readonly chainId: number;
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  readonly provider: JsonRpcProvider;
  /** Resolves once the node is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends the node and waits until it is gone. Repeating it does nothing. */
  stop(): Promise<void>;
}

/** The setting of Ethereum's mainnet, and of Hardhat's own chain. */
const BLOCK_GAS_LIMIT = 60_000_000;
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 3_000;
const LISTENING = /Listening on 127\.0\.0\.1:(\d+)/;

/**
 * Starts one anvil on a free port of the loopback interface and waits until it answers. It mines
 * each transaction at once, with a real base fee, and ends with this process, however that ends.
 * @throws when the node does not start, or another chain answers at its port.
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const { name, logFile } = options;
  const child = launch(options);
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`anvil did not start for ${name}: is ${anvilBinary()} executable?`);
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const release = watch(pid);
  const stop = async (): Promise<void> => {
    await end(child);
    release();
  };
  try {
    const url = `http://127.0.0.1:${await portOf(child, options)}`;
    const chainId = await chainIdOf(url);
    if (options.chainId !== undefined && options.chainId !== chainId) {
      throw new Error(
        `${url} answers with the chain id ${chainId} instead of ${options.chainId}: another node ` +
          `has taken the port of ${name}. Start again.`,
      );
    }
    const provider = connect(url, name, chainId);
    return {
      name,
      chainId,
      url,
      pid,
      logFile,
      provider,
      exited,
      stop: async () => {
        provider.destroy();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function chainIdOf(url: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
  });
  const { result } = z.object({ result: z.string() }).parse(await response.json());
  return Number(result);
}

/** A provider tuned for a local node: nothing is cached, requests leave at once. */
export function connect(url: string, name: string, chainId: number): JsonRpcProvider {
  const network = new Network(name, chainId);
  const provider = new JsonRpcProvider(url, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    batchStallTime: 0,
  });
  provider.pollingInterval = 10;
  return provider;
}

/**
 * The node itself. The `anvil` in `.bin` is a wrapper around it: killing that leaves the node behind.
 * @throws when npm has not installed the package for this platform.
 */
export function anvilBinary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const wanted = `@foundry-rs/anvil-${process.platform}-${arch}`;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    const wrapper = path.dirname(require.resolve("@foundry-rs/anvil/package.json"));
    return require.resolve(`${wanted}/bin/${file}`, { paths: [wrapper] });
  } catch (cause) {
    throw new Error(
      `${wanted} is not installed: run \`npm ci\` without --omit=optional, on a platform that ` +
        `anvil is published for.`,
      { cause },
    );
  }
}

function launch({ chainId, logFile, port = 0, fork }: AnvilOptions): ChildProcess {
  mkdirSync(path.dirname(logFile), { recursive: true });
  // What a node says of the chain that it forks may hold the key of its url.
  const log = openSync(logFile, "w", 0o600);
  try {
    const child = spawn(
      anvilBinary(),
      [
        ["--host", "127.0.0.1"],
        // With 0 the system chooses a free port: nothing can take it in between.
        ["--port", String(port)],
        chainId === undefined ? [] : ["--chain-id", String(chainId)],
        fork ? ["--fork-url", fork.url] : [],
        fork?.blockNumber === undefined ? [] : ["--fork-block-number", String(fork.blockNumber)],
        ["--mnemonic", LOCAL_MNEMONIC],
        ["--accounts", String(LOCAL_FUNDED_ACCOUNTS)],
        ["--gas-limit", String(BLOCK_GAS_LIMIT)],
      ].flat(),
      // Detached: Ctrl-C reaches us alone, and we end the nodes in good order.
      { stdio: ["ignore", log, log], detached: true },
    );
    child.on("error", () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function portOf(
  child: ChildProcess,
  { name, logFile, port, fork }: AnvilOptions,
): Promise<number> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const remedy = fork ? " Check that the url to fork answers." : "";
  while (Date.now() < deadline) {
    const log = readFileSync(logFile, "utf8");
    const listening = LISTENING.exec(log)?.[1];
    if (listening) return Number(listening);
    if (hasEnded(child) && port && /address already in use/i.test(log)) {
      throw new Error(
        `Port ${port}, wanted for ${name}, is taken by another process: end that, or choose another port.`,
      );
    }
    if (hasEnded(child)) {
      const said = withoutKeys(log.trim(), fork?.url).slice(-500);
      throw new Error(`anvil of ${name} ended at once: ${said} (${logFile})${remedy}`);
    }
    await sleep(5);
  }
  throw new Error(
    `anvil of ${name} did not listen within ${START_TIMEOUT_MS / 1000} s (${logFile})${remedy}`,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // What is unreferenced would let this process end before its child.
  child.ref();
  child.kill("SIGTERM");
  const killTimer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(killTimer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
