import { toJson } from "../../cli/json";
import { SILENT } from "../../cli/progress";
import type { Progress } from "../../cli/progress";
import { withoutSecrets } from "../../cli/secrets";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { isTransportError } from "../../core/endpointErrors";
import type { Desk } from "../../mesh/desk/desk";
import type { UnreadChains } from "../../mesh/unread";

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
 * Finds a message, or every message of a transaction, and says what happened, why, and what to do. What a
 * chain did not answer is told beside what is known.
 * @param hash a message id or a transaction hash.
 * @returns an examination each; see {@link isSettled}.
 * @throws when nothing is found, or not all of it could be read: after what is known was printed.
 */
export async function consultDoctor(
  { mesh, unreachable, verifications }: Pick<Desk, "mesh" | "unreachable" | "verifications">,
  hash: string,
  { json, progress = SILENT, ...where }: DoctorOptions,
  { print }: Voice = TERMINAL,
): Promise<Examination[]> {
  const errors: Error[] = [];
  const options = { ...where, ...(unreachable && { unread: unreachable }) };
  const found = await progress.during(`looking for ${hash}`, () =>
    noting(errors, () => findAll(mesh, hash, options)),
  );
  if (found?.length === 0) errors.push(notRead(hash, unreachable));
  const [unfound] = errors;
  if (unfound && !isUnread(unfound)) throw unfound;
  const examined = await progress.during("reading what is known of it", () =>
    Promise.all(
      (found ?? []).map((one) => noting(errors, () => examine(mesh, one, verifications))),
    ),
  );
  const examinations = examined.filter((one) => one !== undefined);
  if (json) print(toJson(documentOf(mesh.config.name, hash, examinations, errors)));
  else if (examinations.length > 0) print(examinations.map(examinationText).join("\n\n"));
  const [error] = errors;
  if (error) throw error;
  return examinations;
}

/** A chain of the mesh does not answer, and what is asked about is on no other. */
class NotReadError extends Error {
  override readonly name = "NotReadError";
}

function notRead(hash: string, unreachable: UnreadChains = new Map()): NotReadError {
  const reasons = [...unreachable].map(([name, { message }]) => `${name} (${message})`);
  return new NotReadError(
    `${hash} is on no chain that answers, and these do not: ${reasons.join(", ")}. Ask again when they do, or use other endpoints.`,
  );
}

function isUnread(error: Error): boolean {
  return error instanceof NotReadError || isTransportError(error);
}

/** Does something; an error is noted instead. */
async function noting<T>(errors: Error[], action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    errors.push(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

function documentOf(
  mesh: string,
  query: string,
  examinations: readonly Examination[],
  errors: readonly Error[],
) {
  const isEachSettled = examinations.every(({ diagnosis }) => isSettled(diagnosis));
  return {
    mesh,
    query,
    // Unknown while something is not read.
    settled: isEachSettled && errors.length > 0 ? null : isEachSettled,
    unread: errors.map(({ message }) => withoutSecrets(message)),
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
