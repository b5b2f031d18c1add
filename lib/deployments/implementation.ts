import type { RecordedImplementation } from "../core/mesh/mesh";

import type { DeploymentRecord, DeploymentStore } from "./store";

/** hardhat-deploy's record of the newest implementation; earlier ones have a number behind it. */
export const IMPLEMENTATION = "RebaseToken_Implementation";

/** Returns every record of an implementation of the token, the newest first. */
export function implementationRecords(store: DeploymentStore): DeploymentRecord[] {
  return store.names(IMPLEMENTATION).map((name) => store.get(name));
}

/** Reads which implementation of the token was deployed last; undefined when none is on record. */
export function recordedImplementation(store: DeploymentStore): RecordedImplementation | undefined {
  const [newest, ...others] = implementationRecords(store);
  const initial = store.find("RebaseToken")?.implementation;
  const address = newest?.address ?? initial;
  if (address === undefined) return undefined;
  const known = new Set([...others.map((record) => record.address), ...(initial ? [initial] : [])]);
  known.delete(address);
  return { address, migration: newest?.linkedData?.migration ?? "0x", previous: [...known] };
}
