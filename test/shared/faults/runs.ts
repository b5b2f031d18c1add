import { expect } from "chai";
import type { Log } from "ethers";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";
import { localAccount } from "ccip-localnet";

import { signerFor } from "../../../lib/localnet/wiring";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import type { OperatorContext } from "../../../lib/mesh/operator";
import type { LogStore } from "../../../lib/rpc/logs";
import type { SendOptions } from "../../../lib/tx/send";
import { passTime } from "../meshFixture";
import type { Scenario } from "../scenario";

import type { SendingTask } from "./sendingTask";

/** The outcome of a run, with all that it has said. */
export interface RunOutcome {
  /** True if it reports that everything is done. */
  readonly done: boolean;
  readonly error?: Error;
  readonly text: string;
}

/** Runs a task once. */
export async function runTask(
  task: SendingTask,
  s: Scenario,
  mesh: Mesh,
  found: string,
  { store, sending = {} }: { readonly store?: LogStore; readonly sending?: SendOptions } = {},
): Promise<RunOutcome> {
  const said: string[] = [];
  const output = {
    stdout: (text: string) => void said.push(text),
    log: (text: string) => void said.push(text),
  };
  const times = { recheckEvery: 20, giveUpAfter: 10_000, ...sending.times };
  const context: OperatorContext = {
    mesh,
    store,
    signerFor,
    sendOptions: () => ({ ...sending, times }),
    passTime: (steps) => passTime(s, steps),
    verifications: s.ccip,
  };
  try {
    const done = await task.run({ s, context, output, found });
    return { done, text: said.join("\n") };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { done: false, error, text: [...said, error.message].join("\n") };
  }
}

/** A chain at a moment, from which on what happens is counted. */
export interface Since {
  readonly block: number;
}

/** Begins to count what happens on the chain. */
export async function sinceNow({ home }: Scenario): Promise<Since> {
  return { block: (await home.provider.getBlockNumber()) + 1 };
}

/** Counts the events since a moment, by contract and kind: twice the same is seen in it, whatever was sent. */
export async function eventsSince({ home }: Scenario, { block }: Since): Promise<string[]> {
  const logs = await home.provider.getLogs({ fromBlock: block, toBlock: "latest" });
  return logs.map(({ address, topics }: Log) => `${address} ${topics[0]}`).sort();
}

const ACCOUNTS = Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, i) => localAccount(i).address);

/** Lists the transactions of people since a moment. */
export async function transactionsSince(
  { home, chains }: Scenario,
  { block }: Since,
): Promise<string[]> {
  const head = await home.provider.getBlockNumber();
  const dons = chains.flatMap(({ owner, transmitter }) => [owner, transmitter]);
  const own = new Set(await Promise.all(dons.map((signer) => signer.getAddress())));
  const hashes: string[] = [];
  for (let number = block; number <= head; number++) {
    const mined = await home.provider.getBlock(number, true);
    for (const { from, hash } of mined?.prefetchedTransactions ?? []) {
      if (ACCOUNTS.includes(from) && !own.has(from)) hashes.push(hash);
    }
  }
  return hashes;
}

/** A run has told of every transaction that it has sent. */
export function expectTold(hashes: readonly string[], { text }: RunOutcome): void {
  expect(
    hashes.filter((hash) => !text.includes(hash)),
    `transactions that were mined and not told of:\n${text}`,
  ).to.deep.equal([]);
}

/** A cache of logs as a file keeps it between two runs. */
export function memoryStore(): LogStore {
  const kept = new Map<string, ReturnType<LogStore["load"]>>();
  return { load: (key) => kept.get(key), save: (key, logs) => void kept.set(key, logs) };
}
