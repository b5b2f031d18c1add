import { isTransportError } from "../../core/endpoint/errors";
import { CodedError } from "../../core/errors";
import { toJson } from "../../core/json";
import type { Progress } from "../../core/progress";
import { examineMessage } from "../../diagnostics/diagnose";
import type { DoctorReport } from "../../diagnostics/diagnose";
import { isSettled } from "../../diagnostics/diagnosis";
import { findAll } from "../../diagnostics/find";
import type { FindOptions } from "../../diagnostics/find";
import { reportText } from "../../diagnostics/text";
import { withoutSecrets } from "../../files/secrets";
import type { OperatorContext } from "../../mesh/operator";
import type { UnreadChains } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { NO_PROGRESS } from "../progress";

export interface DoctorOptions extends FindOptions {
  /** Print one JSON document instead of text. */
  readonly json: boolean;
  /** Receives progress of slow operations. */
  readonly progress?: Progress;
}

/**
 * Finds a message, or every message of a transaction, and explains its state, the causes and the fix. Reads that
 * fail are printed beside the known facts.
 * @param hash a message id or a transaction hash.
 * @returns one report per message; see {@link isSettled}.
 * @throws when nothing is found, or not everything could be read, after printing what is known.
 */
export async function runDoctor(
  context: Pick<OperatorContext, "mesh" | "unreachable" | "verifications">,
  hash: string,
  { json, progress = NO_PROGRESS, ...where }: DoctorOptions,
  { stdout }: Output = consoleOutput,
): Promise<DoctorReport[]> {
  const { mesh, unreachable, verifications } = context;
  const errors: Error[] = [];
  const found = await progress.during(`looking for ${hash}`, () =>
    noting(errors, () => findAll(mesh, hash, { ...where, unread: unreachable })),
  );
  if (found?.length === 0) errors.push(notRead(hash, unreachable));
  const [unfound] = errors;
  if (unfound && !(unfound instanceof NotReadError || isTransportError(unfound))) throw unfound;
  const diagnosed = await progress.during("reading what is known of it", () =>
    Promise.all(
      (found ?? []).map((one) => noting(errors, () => examineMessage(mesh, one, verifications))),
    ),
  );
  const reports = diagnosed.filter((one) => one !== undefined);
  if (json) stdout(toJson(documentOf(mesh.config.name, hash, reports, errors)));
  else if (reports.length > 0) stdout(reports.map(reportText).join("\n\n"));
  const [error] = errors;
  if (error) throw error;
  return reports;
}

/** Thrown when a chain of the mesh does not answer and the message is on no other chain. */
class NotReadError extends CodedError {
  override readonly name = "NotReadError";
  readonly code = "NOT_FOUND";
}

function notRead(hash: string, unreachable: UnreadChains = new Map()): NotReadError {
  const reasons = [...unreachable].map(([name, { message }]) => `${name} (${message})`);
  return new NotReadError(
    `${hash} is on no chain that answers, and these do not: ${reasons.join(", ")}. Ask again when they do, or use other endpoints.`,
  );
}

/** Runs an action and collects its error instead of throwing. */
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
  reports: readonly DoctorReport[],
  errors: readonly Error[],
) {
  const isEachSettled = reports.every(({ diagnosis }) => isSettled(diagnosis));
  return {
    mesh,
    query,
    // Unknown while something could not be read.
    settled: isEachSettled && errors.length > 0 ? null : isEachSettled,
    unread: errors.map(({ message }) => withoutSecrets(message)),
    findings: reports.map(({ diagnosis, revertChain, ...found }) => ({
      kind: found.kind,
      facts: factsDocument(found),
      revertChain,
      diagnosis,
    })),
  };
}

/** Returns the facts without the connections to the chains. */
function factsDocument({ facts }: Pick<DoctorReport, "kind" | "facts">) {
  if ("home" in facts) return { ...facts, home: facts.home.name };
  if ("chain" in facts && typeof facts.chain !== "string") {
    return { ...facts, chain: facts.chain.name };
  }
  return facts;
}
