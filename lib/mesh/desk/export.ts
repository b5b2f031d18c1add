import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { readPlan } from "../read";
import { withDependents } from "../step";

import type { Desk } from "./desk";
import { tellingReads } from "./reads";
import { safeFiles, writeSafeFiles } from "./safe";
import type { SafeFile } from "./safe";

/** What is written, and where. */
export interface ExportTaskOptions {
  readonly json: boolean;
  /** The folder that the files are written to. */
  readonly out: string;
  readonly allowDestructive: boolean;
}

/** What was written, and what was not. */
export interface ExportResult {
  readonly files: readonly SafeFile[];
  /** Ids of open steps that wait for more than a signature. */
  readonly leftOut: readonly string[];
}

/** Writes what is to be signed elsewhere, a file for each phase, chain and owner. */
export async function exportMesh(
  { mesh, store }: Desk,
  { json, out, allowDestructive }: ExportTaskOptions,
  { print, say }: Voice = TERMINAL,
): Promise<ExportResult> {
  const plan = await readPlan(mesh, { store, allowDestructive, during: tellingReads(say).during });
  const withheld = plan.steps.filter(
    ({ status }) =>
      status.kind === "waiting" && status.cause !== undefined && status.cause !== "signature",
  );
  const without = withDependents(
    plan.steps,
    withheld.map(({ id }) => id),
  );
  const steps = plan.steps.filter(({ id }) => !without.has(id));
  const leftOut = [...without];
  const files = safeFiles(mesh, { ...plan, steps });
  writeSafeFiles(out, files);
  for (const { id, status } of withheld) {
    if (status.kind === "waiting") say(`left out ${id}: it waits for ${status.reason}`);
    without.delete(id);
  }
  for (const id of without) say(`left out ${id}: it comes after`);
  if (json) {
    print(
      toJson(
        files.map(({ name, phase, chain, owner, steps: ids }) => ({
          name,
          phase,
          chain,
          owner,
          steps: ids,
        })),
      ),
    );
  } else if (files.length === 0) {
    print(`mesh ${mesh.config.name}: nothing to sign${leftOut.length === 0 ? "" : " yet"}.`);
  } else {
    for (const { name, steps: ids } of files) {
      print(`${out}/${name}: ${ids.length} ${ids.length === 1 ? "transaction" : "transactions"}`);
    }
  }
  return { files, leftOut };
}
