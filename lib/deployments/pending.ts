import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { keccak256 } from "ethers";
import type { Provider, Signer, TransactionReceipt } from "ethers";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { writeWhole } from "../files/write";
import { toJson } from "../core/json";
import { readJsonFile } from "../files/json";
import { broadcast, isKnown } from "../tx/broadcast";
import { feesNow, raised } from "../tx/fees";
import type { GasFees } from "../tx/fees";

import { artifactSchema } from "./artifact";
import { recordOf } from "./store";
import type { DeploymentStore } from "./store";

/** The choices for a transaction that an earlier run has sent and that is not mined. */
export const PENDING_CHOICES = {
  wait: "wait until it is mined",
  "speed-up": "send the same once more, with its nonce and at today's price",
  cancel: "take its nonce with a transaction that does nothing, then deploy anew",
} as const;

export type PendingChoice = keyof typeof PENDING_CHOICES;

const amount = z
  .string()
  .regex(/^\d+$/)
  .transform((digits) => BigInt(digits));

const entrySchema = z.object({
  /** Of the record that it makes. */
  name: z.string().optional(),
  deployment: artifactSchema
    .extend({ args: z.array(z.unknown()), linkedData: z.unknown().optional() })
    .optional(),
  decoded: z.object({
    from: z.string(),
    nonce: z.int().min(0),
    to: z.string().nullish(),
    data: z.string(),
    value: amount,
    gasLimit: amount,
    gasPrice: amount.optional(),
    maxFeePerGas: amount.optional(),
    maxPriorityFeePerGas: amount.optional(),
  }),
});

type Entry = z.output<typeof entrySchema>;

/** Transactions of one nonce, of which at most one can be mined. */
export interface PendingTransaction {
  /** The record that it makes, for example RebaseToken_Proxy. */
  readonly name: string;
  /** Of the one that was sent last. */
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
  /** True if the endpoint knows it. */
  readonly known: boolean;
}

/** The network of pending transactions, and the choice what to do about them. */
export interface PendingOptions {
  readonly network: string;
  readonly provider: Provider;
  /** hardhat-deploy's folder of the network. */
  readonly folder: string;
  readonly deploymentStore: DeploymentStore;
  /** Signs for the account that deploys. */
  readonly signer: Signer;
  /** Asked about what is not mined. @throws when there is no answer. */
  readonly choose: (pending: PendingTransaction) => Promise<PendingChoice>;
  readonly log: (text: string) => void;
}

/** Timeout and polling interval while a transaction is waited for, milliseconds. */
const GIVE_UP_AFTER_MS = 600_000;
const POLL_MS = 1_000;

/** Times that a nonce is found used before a missing receipt is given up on: endpoints lag. */
const OVERTAKEN = 5;

/**
 * Brings to an end what an earlier run has sent, and hardhat-deploy has written down as pending: what is mined is
 * recorded, and what is not is decided about.
 * @throws when it does not come to an end; it stays written down then.
 */
export async function finishPending(options: PendingOptions): Promise<void> {
  const file = path.join(options.folder, ".pendingTransactions");
  const entries = readJsonFile(file, z.record(z.string(), entrySchema), {
    what: "list of pending transactions",
    recovery: "Look up at an explorer what the account has sent, then remove the file",
  });
  const left = new Map(Object.entries(entries ?? {}));
  const save = () => {
    if (left.size === 0) return rmSync(file, { force: true });
    writeWhole(file, toJson(Object.fromEntries(left)));
  };
  for (let entry = first(left); entry; entry = first(left)) {
    await finish(options, entry, left, save);
    for (const [hash, { decoded }] of left) if (isSame(decoded, entry.decoded)) left.delete(hash);
    save();
  }
}

/** Brings one nonce to an end. */
async function finish(
  options: PendingOptions,
  entry: Entry,
  entries: Map<string, Entry>,
  save: () => void,
): Promise<void> {
  const { provider, network, signer, choose, log } = options;
  const { name = "a transaction", decoded } = entry;
  const hashes = () =>
    [...entries].filter(([, other]) => isSame(other.decoded, decoded)).map(([hash]) => hash);
  const [hash = ""] = hashes().slice(-1);
  const { from, nonce } = decoded;
  if ((await outcomeOf(provider, from, nonce, hashes())) === undefined) {
    const known = await isKnown(provider, hash);
    const choice = await choose({ name, hash, from, nonce, known });
    if (choice !== "wait") {
      const { chainId } = await provider.getNetwork();
      const fees = raised(feesOf(decoded), await feesNow(provider));
      const content =
        choice === "cancel"
          ? { to: from, value: 0n, gasLimit: await provider.estimateGas({ from, to: from }) }
          : { ...decoded, to: decoded.to ?? undefined };
      const { to, value, gasLimit, data } = { data: "0x", ...content };
      const signed = await signer.signTransaction({
        ...{ to, value, gasLimit, data, nonce, chainId },
        ...fees,
      });
      // Written down first: an interruption leaves no unknown transaction behind.
      const { deployment } = entry;
      const replacement = keccak256(signed);
      entries.set(replacement, {
        ...(choice === "speed-up" && { name, ...(deployment && { deployment }) }),
        decoded: { from, nonce, to, data, value, gasLimit, ...fees },
      });
      save();
      const submitted = await broadcast(provider, signed);
      if ("reason" in submitted) {
        entries.delete(replacement);
        save();
        throw new OperatorError("TRANSACTION_REJECTED", `${network} refuses to replace ${hash}: ${submitted.reason}`);
      }
    }
    log(`waiting  for nonce ${nonce} of ${from} on ${network}`);
  }
  const startedAt = Date.now();
  let outcome = await outcomeOf(provider, from, nonce, hashes());
  for (let overtaken = 0; outcome === undefined || outcome === "overtaken"; ) {
    if (outcome === "overtaken" && ++overtaken > OVERTAKEN) break;
    if (Date.now() - startedAt > GIVE_UP_AFTER_MS) {
      throw new OperatorError("TRANSACTION_TIMEOUT", 
        `${hashes().at(-1)} (${name}, nonce ${nonce}) was not mined on ${network} within ${GIVE_UP_AFTER_MS / 1_000} s: run it again with another --pending.`,
      );
    }
    await sleep(POLL_MS);
    outcome = await outcomeOf(provider, from, nonce, hashes());
  }
  record(options, entries, name, outcome);
}

/** Writes down what was mined, and says what became of it. */
function record(
  { deploymentStore, log, network }: PendingOptions,
  entries: ReadonlyMap<string, Entry>,
  name: string,
  outcome: TransactionReceipt | "overtaken",
): void {
  if (outcome === "overtaken") {
    return log(`replaced ${name}: another transaction took its nonce on ${network}`);
  }
  const { name: made, deployment } = entries.get(outcome.hash) ?? {};
  if (outcome.status !== 1) return log(`failed   ${name}: ${outcome.hash} reverted`);
  if (made === undefined || !deployment) return log(`mined    ${outcome.hash}`);
  const { args, linkedData, ...artifact } = deployment;
  deploymentStore.keepInput(artifact);
  deploymentStore.write(made, { ...recordOf(artifact, args, outcome), linkedData });
  log(`mined    ${made} at ${outcome.contractAddress}: ${outcome.hash}`);
}

/** Reads which transaction of a nonce was mined; undefined while none is. */
async function outcomeOf(
  provider: Provider,
  from: string,
  nonce: number,
  hashes: readonly string[],
): Promise<TransactionReceipt | "overtaken" | undefined> {
  const used = (await provider.getTransactionCount(from)) > nonce;
  for (const hash of hashes) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt) return receipt;
  }
  return used ? "overtaken" : undefined;
}

function feesOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: Entry["decoded"]): GasFees {
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined) {
    return { type: 2, maxFeePerGas, maxPriorityFeePerGas };
  }
  return { type: 0, gasPrice: gasPrice ?? 0n };
}

/** The one with the lowest nonce: none after it can be mined before. */
function first(entries: ReadonlyMap<string, Entry>): Entry | undefined {
  return [...entries.values()].sort((a, b) => a.decoded.nonce - b.decoded.nonce)[0];
}

function isSame(a: Entry["decoded"], b: Entry["decoded"]): boolean {
  return a.nonce === b.nonce && a.from === b.from;
}
