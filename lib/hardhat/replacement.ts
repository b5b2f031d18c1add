import { Interface } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { RebaseToken__factory } from "../../typechain-types";
import { CodedError } from "../core/errors";
import { abi, contractAt } from "../core/abis";
import type { Artifact } from "../deployments/artifact";
import { isCodeOf } from "../deployments/code";
import { slotProblems } from "../deployments/erc7201";
import {
  IMPLEMENTATION,
  implementationRecords,
  linkedDataOf,
  recordedImplementation,
} from "../deployments/implementation";
import type { DeploymentRecord, DeploymentStore } from "../deployments/store";
import { implementationOf, missingFunctions } from "../mesh/components/token";

import { contractArtifact, storageLayout } from "./artifacts";
import type { DeploymentSite } from "../mesh/constructorArguments";
import type { Provider } from "ethers";

/** A contract that is deployed in the place of the recorded one. */
export interface Replacement {
  /** Name of the record: of the pool, or of the token's implementation. */
  readonly record: string;
  /** Name of the contract of this checkout. */
  readonly contract: string;
  /** Call data of an implementation's migration, ABI-encoded; `0x` for none. */
  readonly migration: string;
  /** True if it is deployed although the same code is on record. */
  readonly again: boolean;
}

/** By the configuration: a task and a deploy script are handed different environments over the same one. */
const replacements = new WeakMap<HardhatRuntimeEnvironment["config"], Replacement>();

/** Has the deploy scripts put something in the place of what is on record. */
export function setReplacement({ config }: HardhatRuntimeEnvironment, chosen: Replacement): void {
  replacements.set(config, chosen);
}

/** Returns what the deploy scripts are to replace under a name, if anything. */
export function replacementOf(
  { config }: HardhatRuntimeEnvironment,
  record: string,
): Replacement | undefined {
  const chosen = replacements.get(config);
  return chosen?.record === record ? chosen : undefined;
}

/** An upgrade that is refused before anything is deployed. */
export class UpgradeRefusedError extends CodedError {
  override readonly name = "UpgradeRefusedError";
  override readonly code = "UPGRADE_REFUSED";

  constructor(contract: string, problems: readonly string[]) {
    super(
      `The token cannot be upgraded to ${contract}, and nothing was deployed:\n${problems.map((item) => `  ${item}`).join("\n")}`,
    );
  }
}

/** The chain on which a contract is replaced. */
interface Site extends Pick<DeploymentSite, "network" | "ccip"> {
  readonly provider: Provider;
  readonly store: DeploymentStore;
}

/**
 * Returns whether what this checkout has is not what is on record, so that there is something to deploy.
 * @throws UpgradeRefusedError when the token could not be upgraded to it.
 */
export async function isReplaceable(
  hre: HardhatRuntimeEnvironment,
  site: Site,
  replacement: Replacement,
): Promise<boolean> {
  const artifact = await contractArtifact(hre, replacement.contract);
  if (replacement.record === IMPLEMENTATION) {
    if (await isImplementation(site, artifact, replacement)) return false;
    await requireUpgrade(hre, site, artifact, replacement);
    return true;
  }
  return replacement.again || !(await isPoolOf(site, artifact));
}

/** Returns whether the pool on record has the code of this checkout, and what is built into it. */
async function isPoolOf({ provider, store, ccip }: Site, artifact: Artifact): Promise<boolean> {
  const { address } = store.get("RebaseTokenPool");
  if (!isCodeOf(artifact, await provider.getCode(address))) return false;
  const pool = contractAt.pool(address, provider);
  const [token, rmnProxy] = await Promise.all([pool.getToken(), pool.getRmnProxy()]);
  return token === store.get("RebaseToken").address && rmnProxy === ccip.rmnProxy;
}

/** Returns whether the newest implementation on record has the code, and is called with the same. */
async function isImplementation(
  { provider, store }: Site,
  artifact: Artifact,
  { migration }: Replacement,
): Promise<boolean> {
  const newest = recordedImplementation(store);
  if (!newest || !isCodeOf(artifact, await provider.getCode(newest.address))) return false;
  // What ran the migration already does not run it again.
  return newest.migration === migration || (await runs({ provider, store }, newest.address));
}

async function runs({ provider, store }: Pick<Site, "provider" | "store">, implementation: string) {
  return (await implementationOf(provider, store.get("RebaseToken").address)) === implementation;
}

/** Refuses an implementation that would lose storage or functions, or leave an initialiser open to any caller. */
async function requireUpgrade(
  hre: HardhatRuntimeEnvironment,
  { network, provider, store }: Site,
  artifact: Artifact,
  { contract, migration }: Replacement,
): Promise<void> {
  const running = await implementationOf(provider, store.get("RebaseToken").address);
  const onRecord = recordedImplementation(store);
  if (onRecord && ![onRecord.address, ...onRecord.previous].includes(running)) {
    // The layout in git may lack what another checkout's version has appended.
    throw new UpgradeRefusedError(contract, [
      `the token of ${network} runs ${running}, which is on no record here: get the records of ${network} from whoever upgraded it`,
    ]);
  }
  const records = implementationRecords(store);
  const record = records.find(({ address }) => address === running);
  const codes = await Promise.all(records.map(({ address }) => provider.getCode(address)));
  // What a later version has appended is of no use to the one before it, and no harm.
  const isRollback = codes.some((code) => isCodeOf(artifact, code));
  const { committedLayout, layoutProblems, parseLayout } = await import("../deployments/layout");
  const { layout: recorded } = linkedDataOf(record);
  const before = recorded === undefined ? committedLayout("RebaseToken") : parseLayout(recorded);
  const after = await storageLayout(hre, contract);
  const next = new Interface(artifact.abi);
  const problems = [
    ...(isRollback ? [] : layoutProblems(before, after)),
    ...slotProblems(after, artifact.deployedBytecode),
    ...missingFunctions(RebaseToken__factory.createInterface(), next),
    ...(migration === "0x" ? openInitialisers(record, next) : []),
  ];
  if (problems.length > 0) throw new UpgradeRefusedError(contract, problems);
}

/** Returns the initialisers that a version adds, which any account could call once it runs. */
function openInitialisers(record: DeploymentRecord | undefined, next: Interface): string[] {
  const before = record ? new Interface(record.abi) : abi.token;
  const found: string[] = [];
  next.forEachFunction((fragment) => {
    const isNew = !before.hasFunction(fragment.selector);
    if (!isNew || !/^(re)?initiali[sz]e/i.test(fragment.name)) return;
    found.push(
      `${fragment.format("sighash")} is new, and anybody could call it after the upgrade: name its call with --migration`,
    );
  });
  return found;
}
