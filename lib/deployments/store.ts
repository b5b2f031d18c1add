import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

const address = z.string().refine(isAddress, "is not an address").transform(getAddress);

const recordSchema = z.looseObject({
  address,
  abi: z.array(z.record(z.string(), z.unknown())),
  args: z.array(z.unknown()).optional(),
  /** Behind a proxy. */
  implementation: address.optional(),
  transactionHash: z.string().optional(),
  /** The notes of the deploy scripts beside what hardhat-deploy writes down. */
  linkedData: z
    .looseObject({
      /** Call data that an implementation is called with as it takes over, ABI-encoded. */
      migration: z.string().default("0x"),
      /** Its storage layout by OpenZeppelin's upgrades-core. */
      layout: z.unknown(),
    })
    .optional(),
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

  /** The record of a contract, if there is one. @throws when it is broken */
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

  /** The record of a contract. @throws when there is none. */
  get(name: string): DeploymentRecord {
    const record = this.find(name);
    if (record) return record;
    throw new OperatorError(
      "NOT_DEPLOYED",
      `There is no record of ${name} in ${this.folder}: deploy it first.`,
    );
  }

  /** Names of all records that begin with a name, in alphabetical order. */
  names(beginning = ""): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((file) => file.endsWith(".json") && file.startsWith(beginning))
      .map((file) => file.slice(0, -".json".length))
      .sort();
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
