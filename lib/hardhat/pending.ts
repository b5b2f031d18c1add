import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { keccak256 } from "ethers";
import type { Provider, Signer, TransactionReceipt } from "ethers";
import type { DeploymentsExtension } from "hardhat-deploy/types";
import { z } from "zod";

import { ask } from "../cli/confirm";
import { OperatorError } from "../core/errors";
import { toJson } from "../core/json";
import { readJsonFile } from "../files/json";
import { writeWhole } from "../files/write";
import { broadcast, isKnown } from "../tx/broadcast";
import { feesNow, raised } from "../tx/fees";
import type { GasFees } from "../tx/fees";

/** The choices for a transaction that an earlier run has sent and that is not mined. */
const PENDING_CHOICES = {
  wait: "wait until it is mined",
  "speed-up": "send the same once more, with its nonce and at today's price",
  cancel: "take its nonce with a transaction that does nothing, then deploy anew",
} as const;

type PendingChoice = keyof typeof PENDING_CHOICES;

const CHOICES = Object.keys(PENDING_CHOICES) as PendingChoice[];

function choicesText(): string {
  return CHOICES.map((choice) => `  --pending ${choice}: ${PENDING_CHOICES[choice]}`).join("\n");
}

/** Reads `--pending`. @throws with the choices when it is none of them. */
export function pendingChoice(text: string): PendingChoice {
  const choice = CHOICES.find((one) => one === text);
  if (choice) return choice;
  throw new OperatorError(
    "INVALID_OPTION",
    `--pending ${text} is not a valid choice. Use one of:\n${choicesText()}`,
  );
}

const entrySchema = z.object({
  /** Name of the record that it creates. */
  name: z.string().optional(),
  deployment: z.looseObject({ abi: z.array(z.unknown()) }).optional(),
  decoded: z.object({
    from: z.string(),
    nonce: z.int().min(0),
    to: z.string().nullish(),
    data: z.string(),
    value: z.coerce.bigint(),
    gasLimit: z.coerce.bigint(),
    gasPrice: z.coerce.bigint().optional(),
    maxFeePerGas: z.coerce.bigint().optional(),
    maxPriorityFeePerGas: z.coerce.bigint().optional(),
  }),
});

type Entry = z.output<typeof entrySchema>;

/**
 * Asks for the choice about a pending transaction.
 * @throws with the question and the choices when there is no terminal.
 */
export async function askAbout(question: string): Promise<PendingChoice> {
  const text = `${question} Choose what to do about it:\n${choicesText()}`;
  if (!process.stdin.isTTY) throw new OperatorError("CONFIRMATION_REFUSED", text);
  return pendingChoice(await ask(`${text}\n${CHOICES.join(", ")}? `));
}

/** The network of pending transactions, and the choice about them. */
interface PendingOptions extends Pick<DeploymentsExtension, "save"> {
  readonly network: string;
  readonly provider: Provider;
  /** hardhat-deploy's folder of the network. */
  readonly folder: string;
  /** Signs for the account that deploys. */
  readonly signer: Signer;
  /** Returns the choice about a transaction that is not mined. @throws when there is no answer. */
  readonly choose: (question: string) => Promise<PendingChoice>;
  readonly log: (text: string) => void;
}

/** Timeout and polling interval while a transaction is waited for, milliseconds. */
const GIVE_UP_AFTER_MS = 600_000;
const POLL_MS = 1_000;

/** Number of polls that find the nonce used before a missing receipt is given up on: endpoints lag. */
const OVERTAKEN = 5;

/**
 * Settles the transactions of an earlier run that hardhat-deploy has recorded as pending: records those that are mined,
 * and waits for, speeds up or cancels the others, as chosen.
 * @throws when one is not mined in time or its replacement is rejected; it stays recorded as pending.
 */
export async function finishPending(options: PendingOptions): Promise<void> {
  const { provider, network, choose, log } = options;
  const file = path.join(options.folder, ".pendingTransactions");
  const written = readJsonFile(file, z.record(z.string(), entrySchema), {
    what: "list of pending transactions",
    recovery: "Look up at an explorer what the account has sent, then remove the file",
  });
  const entries = new Map(Object.entries(written ?? {}));
  const save = () => {
    if (entries.size === 0) rmSync(file, { force: true });
    else writeWhole(file, toJson(Object.fromEntries(entries)));
  };
  // None can be mined before the one with the lowest nonce.
  const sorted = [...entries].sort(([, a], [, b]) => a.decoded.nonce - b.decoded.nonce);
  for (const nonce of new Set(sorted.map(([, { decoded }]) => decoded.nonce))) {
    const same = sorted.filter(([, { decoded }]) => decoded.nonce === nonce);
    const hashes = same.map(([hash]) => hash);
    const last = same.at(-1);
    if (!last) continue;
    const [hash, entry] = last;
    const { name = "a transaction", decoded } = entry;
    const { from } = decoded;
    if ((await provider.getTransactionCount(from)) <= nonce) {
      const unknown = (await isKnown(provider, hash)) ? "" : ", which this endpoint does not know";
      const choice = await choose(
        `An earlier run has sent ${name} to ${network}, and it is not mined: transaction ${hash}, nonce ${nonce} of ${from}${unknown}.`,
      );
      if (choice !== "wait") {
        const [signed, replacement] = await signReplacement(options, entry, choice);
        const other = keccak256(signed);
        // Recorded before it is sent, so that an interruption leaves no unknown transaction behind.
        entries.set(other, replacement);
        save();
        const submitted = await broadcast(provider, signed);
        if ("reason" in submitted) {
          entries.delete(other);
          save();
          throw new OperatorError(
            "TRANSACTION_REJECTED",
            `${network} refuses to replace ${hash}: ${submitted.reason}`,
          );
        }
        hashes.push(other);
      }
      log(`waiting  for nonce ${nonce} of ${from} on ${network}`);
    }
    const receipt = await minedOf(options, { name, from, nonce, hashes });
    log(await record(options, name, receipt, entries.get(receipt?.hash ?? "")));
    for (const done of hashes) entries.delete(done);
    save();
  }
}

/** Signs a replacement of a transaction at the current price: the same call, or an empty one that cancels it. */
async function signReplacement(
  { provider, signer }: PendingOptions,
  { decoded, ...entry }: Entry,
  choice: "speed-up" | "cancel",
): Promise<[signed: string, entry: Entry]> {
  const { from, nonce } = decoded;
  const fees = raised(feesOf(decoded), await feesNow(provider));
  const nothing = async () => {
    const gasLimit = await provider.estimateGas({ from, to: from });
    return { to: from, data: "0x", value: 0n, gasLimit };
  };
  const { to, data, value, gasLimit } = choice === "cancel" ? await nothing() : decoded;
  const { chainId } = await provider.getNetwork();
  const content = { to: to ?? undefined, data, value, gasLimit, nonce };
  const signed = await signer.signTransaction({ ...content, chainId, ...fees });
  return [signed, { ...(choice === "speed-up" && entry), decoded: { ...content, from, ...fees } }];
}

/** Waits until a nonce is used. @returns the receipt of the transaction that used it; undefined when it is none of these. */
async function minedOf(
  { network, provider }: PendingOptions,
  { name, from, nonce, hashes }: { name: string; from: string; nonce: number; hashes: string[] },
): Promise<TransactionReceipt | undefined> {
  const startedAt = Date.now();
  for (let overtaken = 0; overtaken < OVERTAKEN;) {
    const used = (await provider.getTransactionCount(from)) > nonce;
    for (const hash of hashes) {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt) return receipt;
    }
    if (used) overtaken += 1;
    else if (Date.now() - startedAt > GIVE_UP_AFTER_MS) {
      throw new OperatorError(
        "TRANSACTION_TIMEOUT",
        `${hashes.at(-1)} (${name}, nonce ${nonce}) was not mined on ${network} within ${GIVE_UP_AFTER_MS / 1_000} s: run it again with another --pending.`,
      );
    }
    await sleep(POLL_MS);
  }
  return undefined;
}

/** Records a mined transaction with hardhat-deploy, and returns its outcome as a line of text. */
async function record(
  { network, save }: PendingOptions,
  name: string,
  receipt: TransactionReceipt | undefined,
  { name: made, deployment }: Partial<Entry> = {},
): Promise<string> {
  if (!receipt) return `replaced ${name}: another transaction took its nonce on ${network}`;
  const { hash: transactionHash, index: transactionIndex, contractAddress, status } = receipt;
  if (status !== 1) return `failed   ${name}: ${transactionHash} reverted`;
  if (!made || !deployment || !contractAddress) return `mined    ${transactionHash}`;
  const { from, blockHash, blockNumber } = receipt;
  await save(made, {
    ...deployment,
    address: contractAddress,
    transactionHash,
    receipt: {
      ...{
        from,
        contractAddress,
        transactionHash,
        transactionIndex,
        blockHash,
        blockNumber,
        status,
      },
      gasUsed: receipt.gasUsed.toString(),
      cumulativeGasUsed: receipt.cumulativeGasUsed.toString(),
    },
  });
  return `mined    ${made} at ${contractAddress}: ${transactionHash}`;
}

function feesOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: Entry["decoded"]): GasFees {
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined) {
    return { type: 2, maxFeePerGas, maxPriorityFeePerGas };
  }
  return { type: 0, gasPrice: gasPrice ?? 0n };
}
