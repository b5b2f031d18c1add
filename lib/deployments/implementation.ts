import { z } from "zod";

import type { RecordedImplementation } from "../core/mesh/mesh";

import type { DeploymentRecord, DeploymentStore } from "./store";

/** hardhat-deploy's record of the newest implementation; earlier ones have a number behind it. */
export const IMPLEMENTATION = "RebaseToken_Implementation";

const linkedDataSchema = z.object({
  migration: z.string().default("0x"),
  /** Its storage layout by OpenZeppelin's upgrades-core; see {@link layoutProblems}. */
  layout: z.unknown().optional(),
});

/** Reads what the deploy scripts have written down of an implementation beside what hardhat-deploy does. */
export function linkedDataOf(record: DeploymentRecord | undefined) {
  return linkedDataSchema.parse(record?.linkedData ?? {});
}

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
  const known = [...others.map((record) => record.address), ...(initial === undefined ? [] : [initial])];
  return {
    address,
    migration: linkedDataOf(newest).migration,
    previous: [...new Set(known)].filter((one) => one !== address),
  };
}
