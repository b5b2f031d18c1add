import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { readPlan } from "../../mesh/read";
import type { Part } from "../../mesh/selection";
import { withDependents } from "../../mesh/step";

import type { OperatorContext } from "../../mesh/operator";
import { showReadProgress } from "./readProgress";
import { safeFiles, writeSafeFiles } from "./safe";
import type { SafeFile } from "./safe";

export interface ExportTaskOptions {
  readonly json: boolean;
  /** Folder that the files are written to. */
  readonly out: string;
  readonly allowDestructive: boolean;
  readonly only?: Part;
}

export interface ExportResult {
  readonly files: readonly SafeFile[];
  /** Ids of open steps that wait for something besides a signature. */
  readonly leftOut: readonly string[];
}

/** Writes the open steps for external signing, one file per phase, chain and owner. */
export async function exportMesh(
  { mesh, store }: OperatorContext,
  { json, out, allowDestructive, only }: ExportTaskOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<ExportResult> {
  const plan = await readPlan(mesh, {
    store,
    allowDestructive,
    only,
    during: showReadProgress(log).during,
  });
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
    if (status.kind === "waiting") log(`left out ${id}: it waits for ${status.reason}`);
    without.delete(id);
  }
  for (const id of without) log(`left out ${id}: it comes after`);
  if (json) {
    stdout(
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
    stdout(`mesh ${mesh.config.name}: nothing to sign${leftOut.length === 0 ? "" : " yet"}.`);
  } else {
    for (const { name, steps: ids } of files) {
      stdout(`${out}/${name}: ${ids.length} ${ids.length === 1 ? "transaction" : "transactions"}`);
    }
  }
  return { files, leftOut };
}
