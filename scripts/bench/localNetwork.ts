import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import path from "node:path";

import {
  deployBurnMintToken,
  localAccount,
  sendMessage,
  startLocalnet as startCcip,
} from "ccip-localnet";
import type { Localnet } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import type { CcipVersion } from "ccip-localnet/protocol";

import { NO_PROGRESS } from "../../lib/cli/progress";
import { launchMesh } from "../../lib/localnet/launch";

/** Seconds until a local network is ready, by its number of chains. */
export interface BootTime {
  readonly chains: number;
  /** Nodes, CCIP on each, every lane open. */
  readonly ccip: number;
  /** The same with the token deployed and the mesh wired; undefined for a single chain, which is no mesh. */
  readonly mesh: number | undefined;
}

/** Messages of one token each that a local network delivers in a second. */
export interface Throughput {
  readonly ccip: CcipVersion;
  readonly messages: number;
  /** Sent one after the other: each waits for the delivery of the one before. */
  readonly oneByOne: number;
  /** Delivered together, after all were sent. */
  readonly together: number;
}

/** Times of one run on this machine, which others cannot repeat. */
export interface Times {
  /** Cores that the run may use. */
  readonly cpus: number;
  /** Processes that were running or ready to run, by the load average of the minute before: above the cores, all waited. */
  readonly load: number;
  readonly boot: readonly BootTime[];
  readonly throughput: readonly Throughput[];
}

/** Starts a local network with CCIP alone, and then one with the token. */
export async function measureBoot(chains: number): Promise<BootTime> {
  return {
    chains,
    ccip: await secondsToStart(() => startCcip({ chains, ccip: "2.0" })),
    mesh: chains === 1 ? undefined : await inDirectory((directory) => bootMesh(chains, directory)),
  };
}

/** Delivers messages over a lane between two nodes, the clock running from verification to execution. */
export async function measureThroughput(ccip: CcipVersion, messages: number): Promise<Throughput> {
  const network = await startCcip({ chains: 2, ccip });
  try {
    const send = await sender(network);
    await send();
    await network.ccip.deliver();
    let alone = 0;
    for (let i = 0; i < messages; i++) {
      await send();
      alone += await secondsToDeliver(network, 1);
    }
    for (let i = 0; i < messages; i++) await send();
    const together = await secondsToDeliver(network, messages);
    return { ccip, messages, oneByOne: messages / alone, together: messages / together };
  } finally {
    await network.stop();
  }
}

/** Reads what the times depend on most. */
export function readMachine(): Pick<Times, "cpus" | "load"> {
  return { cpus: availableParallelism(), load: loadavg()[0] ?? 0 };
}

async function bootMesh(chains: number, directory: string): Promise<number> {
  return secondsToStart(async () => {
    const { localnet } = await launchMesh({ chains, directory }, NO_PROGRESS);
    return localnet;
  });
}

async function secondsToStart(start: () => Promise<Pick<Localnet, "stop">>): Promise<number> {
  const startedAt = performance.now();
  const network = await start();
  const seconds = (performance.now() - startedAt) / 1_000;
  await network.stop();
  return seconds;
}

async function secondsToDeliver({ ccip }: Localnet, messages: number): Promise<number> {
  const startedAt = performance.now();
  for (let left = messages; left > 0;) {
    const deliveries = await ccip.deliver();
    const failed = deliveries.find(({ state }) => state === "failure");
    if (failed) throw new Error(`Message ${failed.messageId} failed: ${failed.returnData}`);
    left -= deliveries.length;
  }
  return (performance.now() - startedAt) / 1_000;
}

/** Returns what sends one message with a token from the first chain to the second. */
async function sender({ chains, ccip }: Localnet): Promise<() => Promise<unknown>> {
  const [source, destination] = chains;
  if (!source || !destination) throw new Error("A lane has two ends.");
  const [token] = await deployBurnMintToken(chains);
  if (!token) throw new Error("The token was not deployed.");
  const lane = ccip.lane(source.name, destination.name);
  const message = {
    receiver: localAccount(LOCAL_ACCOUNTS.deployer).address,
    tokens: [{ token: token.token, amount: 1n }],
  };
  return () => sendMessage(lane, message);
}

async function inDirectory<T>(action: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), "benchmark-"));
  try {
    return await action(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
