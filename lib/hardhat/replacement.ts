import { Interface } from "ethers";
import type { Provider } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { abi, contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import type { ChainCcip } from "../core/mesh/mesh";
import {
  IMPLEMENTATION,
  implementationRecords,
  recordedImplementation,
} from "../deployments/implementation";
import type { DeploymentRecord, DeploymentStore } from "../deployments/store";
import { isCodeOf } from "../explorer/code";
import { Compiled } from "../explorer/compiled";
import { implementationOf, missingFunctions } from "../mesh/components/token";

import { storageLayout } from "./artifacts";

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

/** Keyed by the configuration: a task and a deploy script get different environments with the same configuration. */
const replacements = new WeakMap<HardhatRuntimeEnvironment["config"], Replacement>();

/** Makes the deploy scripts replace a recorded contract. */
export function setReplacement({ config }: HardhatRuntimeEnvironment, chosen: Replacement): void {
  replacements.set(config, chosen);
}

/** Returns the replacement of the record with a name, if there is one. */
export function replacementOf(
  { config }: HardhatRuntimeEnvironment,
  record: string,
): Replacement | undefined {
  const chosen = replacements.get(config);
  return chosen?.record === record ? chosen : undefined;
}

/** The chain on which a contract is replaced. */
interface Site {
  readonly network: string;
  readonly ccip: ChainCcip;
  readonly provider: Provider;
  readonly store: DeploymentStore;
}

/**
 * Returns whether the contract of this checkout differs from the recorded one, so that it has to be deployed.
 * @throws OperatorError (UPGRADE_REFUSED) when the token could not be upgraded to it.
 */
export async function isReplaceable(
  hre: HardhatRuntimeEnvironment,
  { network, provider, store, ccip }: Site,
  { record, contract, migration, again }: Replacement,
): Promise<boolean> {
  const { sourceName, abi: abiOfNext } = await hre.artifacts.readArtifact(contract);
  const compiled = new Compiled(hre.config.paths.artifacts).contract(`${sourceName}:${contract}`);
  const token = store.get("RebaseToken").address;
  const isCodeAt = async (address: string) => isCodeOf(compiled, await provider.getCode(address));
  if (record !== IMPLEMENTATION) {
    const { address } = store.get(record);
    if (again || !(await isCodeAt(address))) return true;
    const pool = contractAt.pool(address, provider);
    const [builtInto, rmnProxy] = await Promise.all([pool.getToken(), pool.getRmnProxy()]);
    return builtInto !== token || rmnProxy !== ccip.rmnProxy;
  }
  const running = await implementationOf(provider, token);
  const newest = recordedImplementation(store);
  if (newest && (await isCodeAt(newest.address))) {
    // An implementation that has run the migration does not run it again.
    if (newest.migration === migration || newest.address === running) return false;
  }
  if (newest && ![newest.address, ...newest.previous].includes(running)) {
    // The layout in git may lack what another checkout's version has appended.
    throw refusal(contract, [
      `the token of ${network} runs ${running}, which is on no record here: get the records of ${network} from whoever upgraded it`,
    ]);
  }
  const records = implementationRecords(store);
  const before = records.find(({ address }) => address === running);
  const { committedLayout, layoutProblems, parseLayout, slotProblems } =
    await import("../deployments/layout");
  const recorded = before?.linkedData?.layout;
  const layout = await storageLayout(hre, contract);
  const next = new Interface(abiOfNext);
  const codes = await Promise.all(records.map(({ address }) => isCodeAt(address)));
  const problems = [
    // Storage that a later version has appended does not affect an earlier one.
    ...(codes.includes(true)
      ? []
      : layoutProblems(recorded ? parseLayout(recorded) : committedLayout("RebaseToken"), layout)),
    ...slotProblems(layout, compiled.code),
    ...missingFunctions(abi.token, next),
    ...(migration === "0x" ? openInitialisers(before, next) : []),
  ];
  if (problems.length > 0) throw refusal(contract, problems);
  return true;
}

function refusal(contract: string, problems: readonly string[]): OperatorError {
  const list = problems.map((item) => `  ${item}`).join("\n");
  return new OperatorError(
    "UPGRADE_REFUSED",
    `The token cannot be upgraded to ${contract}, and nothing was deployed:\n${list}`,
  );
}

/** Returns the initialisers that a version adds, which any account could call once it runs. */
function openInitialisers(record: DeploymentRecord | undefined, next: Interface): string[] {
  const before = record ? new Interface(record.abi) : abi.token;
  const found: string[] = [];
  next.forEachFunction((fragment) => {
    if (before.hasFunction(fragment.selector)) return;
    if (!/^(re)?initiali[sz]e/i.test(fragment.name)) return;
    found.push(
      `${fragment.format("sighash")} is new, and anybody could call it after the upgrade: name its call with --migration`,
    );
  });
  return found;
}
