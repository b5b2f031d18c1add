import { toJson } from "../../cli/json";
import { SILENT } from "../../cli/progress";
import type { Progress } from "../../cli/progress";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";

import { examine } from "../examine";
import type { Examination } from "../examine";
import { findAll } from "../find";
import type { FindOptions } from "../find";
import { isSettled } from "../remedy";
import { examinationText } from "../words";

/** What is asked of the doctor. */
export interface DoctorOptions extends FindOptions {
  /** One JSON document instead of prose. */
  readonly json: boolean;
  /** Told of what takes its time. */
  readonly progress?: Progress;
}

/**
 * Finds a message, or every message of a transaction, and says what happened, why, and what to do.
 * @param hash a message id or a transaction hash.
 * @returns an examination each; see {@link isSettled}.
 * @throws when nothing is found.
 */
export async function consultDoctor(
  { mesh, verifications }: Pick<Desk, "mesh" | "verifications">,
  hash: string,
  { json, progress = SILENT, ...where }: DoctorOptions,
  { print }: Voice = TERMINAL,
): Promise<Examination[]> {
  const found = await progress.during(`looking for ${hash}`, () => findAll(mesh, hash, where));
  const examinations = await progress.during("reading what is known of it", () =>
    Promise.all(found.map((one) => examine(mesh, one, verifications))),
  );
  print(
    json
      ? toJson(documentOf(mesh.config.name, hash, examinations))
      : examinations.map(examinationText).join("\n\n"),
  );
  return examinations;
}

function documentOf(mesh: string, query: string, examinations: readonly Examination[]) {
  return {
    mesh,
    query,
    settled: examinations.every(({ diagnosis }) => isSettled(diagnosis)),
    findings: examinations.map(({ diagnosis, layers, ...found }) => ({
      kind: found.kind,
      facts: factsDocument(found),
      layers,
      diagnosis,
    })),
  };
}

/** Facts without the connections to the chains that they are of. */
function factsDocument(found: Pick<Examination, "kind" | "facts">) {
  const { facts } = found;
  if ("home" in facts) return { ...facts, home: facts.home.name };
  if ("chain" in facts && typeof facts.chain !== "string") {
    return { ...facts, chain: facts.chain.name };
  }
  return facts;
}
