import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress } from "ethers";
import type { TransactionReceipt } from "ethers";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { writeWhole } from "../files/write";
import { toJson } from "../core/json";
import { readJsonFile } from "../files/json";

import type { Artifact } from "./artifact";

const address = z
  .string()
  .refine((value) => isAddress(value), "is not an address")
  .transform((value) => getAddress(value));

const recordSchema = z.looseObject({
  address,
  abi: z.array(z.record(z.string(), z.unknown())),
  args: z.array(z.unknown()).optional(),
  /** Behind a proxy. */
  implementation: address.optional(),
  numDeployments: z.int().optional(),
  transactionHash: z.string().optional(),
  receipt: z
    .looseObject({ from: address.optional(), blockNumber: z.int().min(0).optional() })
    .optional(),
});

/** A record of hardhat-deploy; fields that are not read here are kept as they are. */
export type DeploymentRecord = z.output<typeof recordSchema>;

/** hardhat-deploy's records of one network: what it and every task finds deployed. */
export class DeploymentStore {
  /** @param folder hardhat-deploy's folder of the network. */
  constructor(private readonly folder: string) {}

  /**
   * The record of a contract, if there is one.
   * @throws BrokenFileError
   */
  find(name: string): DeploymentRecord | undefined {
    const file = this.fileOf(name);
    const shown = shownPath(file);
    const what = "record of a deployment";
    if (path.basename(this.folder).startsWith("local-")) {
      return readJsonFile(file, recordSchema, { what, recovery: "Start the local network again" });
    }
    return readJsonFile(file, recordSchema, {
      what,
      recovery: `Get it back with "git restore ${shown}"; if it was never committed, remove it and deploy again`,
      conflictRemedy: `Keep the side that is in use with "git restore --ours ${shown}" or "git restore --theirs ${shown}"; if it was committed like this, get an earlier one back with "git restore --source <commit> ${shown}"`,
    });
  }

  /**
   * The record of a contract.
   * @throws when there is none.
   */
  get(name: string): DeploymentRecord {
    const record = this.find(name);
    if (record) return record;
    throw new OperatorError("NOT_DEPLOYED", `There is no record of ${name} in ${this.folder}: deploy it first.`);
  }

  /** Names of all records that begin with a name, in alphabetical order. */
  names(beginning = ""): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((file) => file.endsWith(".json") && file.startsWith(beginning))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  }

  /** Writes a record down, whole or not at all. */
  write(name: string, record: DeploymentRecord): void {
    writeWhole(this.fileOf(name), `${toJson(record)}\n`);
  }

  /** Keeps the compiler's input beside the records, once for all that were compiled together. */
  keepInput({ solcInput, solcInputHash }: Pick<Artifact, "solcInput" | "solcInputHash">): void {
    const file = path.join(this.folder, "solcInputs", `${solcInputHash}.json`);
    if (!existsSync(file)) writeWhole(file, solcInput);
  }

  /** Returns the file of a contract's record. */
  fileOf(name: string): string {
    return path.join(this.folder, `${name}.json`);
  }
}

/** A file as it is named in a command that is typed in the project. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}

/** The record of a contract that was deployed just now, with what hardhat-deploy would write. */
export function recordOf(
  artifact: Artifact,
  args: readonly unknown[],
  receipt: TransactionReceipt,
): DeploymentRecord {
  if (!receipt.contractAddress) throw new Error(`${receipt.hash} has created no contract.`);
  return {
    address: receipt.contractAddress,
    abi: artifact.abi,
    transactionHash: receipt.hash,
    receipt: receiptRecord(receipt),
    args: [...args],
    numDeployments: 1,
    ...compiledParts(artifact),
  };
}

/** A receipt as hardhat-deploy writes it down. */
export function receiptRecord(receipt: TransactionReceipt) {
  return {
    to: receipt.to,
    from: receipt.from,
    contractAddress: receipt.contractAddress,
    transactionIndex: receipt.index,
    gasUsed: receipt.gasUsed.toString(),
    logsBloom: receipt.logsBloom,
    blockHash: receipt.blockHash,
    transactionHash: receipt.hash,
    logs: receipt.logs.map(({ address, topics, data, index, blockNumber, blockHash, transactionHash, transactionIndex }) => ({
      transactionIndex,
      blockNumber,
      transactionHash,
      address,
      topics,
      data,
      logIndex: index,
      blockHash,
    })),
    blockNumber: receipt.blockNumber,
    cumulativeGasUsed: receipt.cumulativeGasUsed.toString(),
    status: receipt.status,
    byzantium: true,
  };
}

/** Returns the part of a record that describes the code alone. */
export function compiledParts(artifact: Artifact) {
  return {
    solcInputHash: artifact.solcInputHash,
    metadata: artifact.metadata,
    bytecode: artifact.bytecode,
    deployedBytecode: artifact.deployedBytecode,
    devdoc: artifact.devdoc,
    userdoc: artifact.userdoc,
    storageLayout: artifact.storageLayout,
  };
}
