import { ContractFactory } from "ethers";
import hre from "hardhat";

import { afterEachLoad, forgetFixtures, isFixtureRunning } from "../../test/shared/fixture";
import { isSwitched, withFault } from "./switched";

/** Creation codes to deploy, by those that the factories carry. */
export type Replacements = ReadonlyMap<string, string>;

/** A contract that a fixture has deployed, and its code without a fault. */
interface Deployed {
  readonly address: string;
  readonly code: string;
}

const NONE: Replacements = new Map();

let inTests = NONE;
let inFixtures = NONE;
let fault = 0;
let replacedCount = 0;
let deployed = new WeakMap<object, readonly Deployed[]>();

/**
 * Deploys other creation codes in the place of those that the factories carry, in tests and in the fixtures that they
 * load. Fixtures that have run with other codes run again.
 */
export function deployInstead(codes: Replacements): void {
  if (inFixtures !== codes) forget();
  inTests = inFixtures = codes;
  fault = 0;
}

/**
 * Deploys creation codes with one of their faults, of this number, in tests. Fixtures deploy them without it, and it
 * is put into the contracts when the fixture is loaded: fixtures run once for all faults.
 */
export function deployWithFault(codes: Replacements, number: number): void {
  if (inFixtures !== codes) forget();
  inFixtures = codes;
  inTests = new Map([...codes].map(([original, code]) => [original, withFault(code, number)]));
  fault = number;
}

/** Number of contracts that were deployed with another code. */
export function replacedDeployments(): number {
  return replacedCount;
}

function forget(): void {
  forgetFixtures();
  deployed = new WeakMap();
  // Chains that are not used any more take memory that Node does not count.
  global.gc?.();
}

afterEachLoad(async (point) => {
  if (fault === 0) return;
  const contracts = deployed.get(point) ?? (await deployedByFixtures());
  deployed.set(point, contracts);
  for (const { address, code } of contracts) {
    await hre.network.provider.send("hardhat_setCode", [address, withFault(code, fault)]);
  }
});

async function deployedByFixtures(): Promise<Deployed[]> {
  const { provider } = hre.ethers;
  const contracts: Deployed[] = [];
  const latest = await provider.getBlockNumber();
  for (let number = 0; number <= latest; number += 1) {
    const block = await provider.getBlock(number);
    for (const hash of block?.transactions ?? []) {
      const address = (await provider.getTransactionReceipt(hash))?.contractAddress;
      const code = address ? await provider.getCode(address) : "";
      if (address && isSwitched(code)) contracts.push({ address, code });
    }
  }
  return contracts;
}

const getDeployTransaction = Object.getOwnPropertyDescriptor(
  ContractFactory.prototype,
  "getDeployTransaction",
)?.value as ContractFactory["getDeployTransaction"];

ContractFactory.prototype.getDeployTransaction = async function (this: ContractFactory, ...args) {
  const transaction = await getDeployTransaction.apply(this, args);
  const code = (isFixtureRunning() ? inFixtures : inTests).get(this.bytecode);
  if (!code) return transaction;
  replacedCount += 1;
  return { ...transaction, data: code + transaction.data.slice(this.bytecode.length) };
};
