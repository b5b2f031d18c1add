import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { getAddress } from "ethers";
import type { TransactionReceipt } from "ethers";
import { z } from "zod";

import { toJson } from "../cli/json";

import type { Artifact } from "./artifact";

const recordSchema = z.looseObject({
  address: z.string().transform((value) => getAddress(value)),
  abi: z.array(z.record(z.string(), z.unknown())).optional(),
  args: z.array(z.unknown()).optional(),
  implementation: z.string().optional(),
  numDeployments: z.int().optional(),
  /** Of a deployment that nobody has seen mined yet: who sent it, and every transaction that may be it. */
  pending: z.object({ from: z.string(), hashes: z.array(z.string()) }).optional(),
});

/** What hardhat-deploy writes down of a deployment; fields that nobody here asks for are kept as they are. */
export type DeploymentRecord = z.output<typeof recordSchema>;

/** hardhat-deploy's records of one network: what it and every task finds deployed. */
export class DeploymentBook {
  /** @param folder hardhat-deploy's folder of the network. */
  constructor(private readonly folder: string) {}

  /** The record of a contract, if there is one. */
  find(name: string): DeploymentRecord | undefined {
    const file = this.file(name);
    if (!existsSync(file)) return undefined;
    try {
      return recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      throw new Error(`${file} is no record of a deployment: restore it, or deploy again.`, {
        cause: error,
      });
    }
  }

  /**
   * The record of a contract.
   * @throws when there is none.
   */
  get(name: string): DeploymentRecord {
    const record = this.find(name);
    if (record) return record;
    throw new Error(`There is no record of ${name} in ${this.folder}: deploy it first.`);
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
    mkdirSync(this.folder, { recursive: true });
    const file = this.file(name);
    writeFileSync(`${file}.tmp`, `${toJson(record)}\n`);
    renameSync(`${file}.tmp`, file);
  }

  /** Keeps the compiler's input beside the records, once for all that were compiled together. */
  keepInput({ solcInput, solcInputHash }: Pick<Artifact, "solcInput" | "solcInputHash">): void {
    const folder = path.join(this.folder, "solcInputs");
    const file = path.join(folder, `${solcInputHash}.json`);
    if (existsSync(file)) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, solcInput);
  }

  /**
   * Keeps a record under a name of its own, `RebaseTokenPool_1` and so on; a record that is kept
   * already keeps its name.
   * @returns that name.
   */
  archive(name: string): string {
    const record = this.get(name);
    for (let number = 1; ; number++) {
      const kept = `${name}_${number}`;
      const other = this.find(kept);
      if (other && other.address !== record.address) continue;
      if (!other) this.write(kept, record);
      return kept;
    }
  }

  /** Forgets a record; nothing when there is none. */
  remove(name: string): void {
    rmSync(this.file(name), { force: true });
  }

  private file(name: string): string {
    return path.join(this.folder, `${name}.json`);
  }
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
    receipt: {
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
    },
    args: [...args],
    numDeployments: 1,
    ...compiledParts(artifact),
  };
}

/** What a record says of the code alone. */
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
