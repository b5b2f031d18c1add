import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import { verifyChain } from "../../explorer/verify";
import type { VerifiedContract, VerifyOptions } from "../../explorer/verify";
import type { OperatorContext } from "../../mesh/operator";
import { eachThatAnswers, holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { formatTable, unreadLines } from "../text";

/** The result of `contracts verify`. */
export interface Verified {
  /** One for every contract of the chains that answered. */
  readonly verdicts: readonly VerifiedContract[];
  readonly unread: UnreadChains;
}

/**
 * Compares every contract of a mesh with this checkout, and names the first difference of each. A chain
 * that does not answer is named too.
 */
export async function verifyContracts(
  { mesh, unreachable }: OperatorContext,
  { json, ...options }: VerifyOptions & { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<Verified> {
  const { read, unread } = await eachThatAnswers(chainsOf(mesh), unreachable, (chain) =>
    verifyChain(mesh, chain, options),
  );
  const verdicts = chainsOf(mesh).flatMap(({ name }) => read.get(name) ?? []);
  const verified = { verdicts, unread };
  const [first] = verdicts;
  const compiler = first ? options.compiled.compilerOf(first.fullName) : "";
  const { name } = mesh.config;
  stdout(json ? toJson(document(name, compiler, verified)) : text(name, compiler, verified));
  for (const line of unreadLines(unread)) log(line);
  return verified;
}

const isWrong = ({ difference }: VerifiedContract) => difference !== undefined;

function document(mesh: string, compiler: string, { verdicts, unread }: Verified) {
  return {
    mesh,
    equal: holdsOnAll(!verdicts.some(isWrong), unread),
    unread: unreadDocument(unread),
    compiler,
    contracts: verdicts.map((verdict) => ({
      chain: verdict.chain,
      contract: verdict.contract,
      address: verdict.address,
      source: verdict.fullName,
      immutables: verdict.immutables,
      creation: verdict.creation,
      equal: !isWrong(verdict),
      difference: verdict.difference ?? null,
    })),
  };
}

function text(mesh: string, compiler: string, { verdicts, unread }: Verified): string {
  const wrong = verdicts.filter(isWrong);
  const rows = verdicts.map(({ chain, contract, address, difference, creation }) => {
    return [chain, contract, address, difference === undefined ? "equal" : "differs", creation];
  });
  const lines = wrong.map(
    ({ chain, contract, address, fullName, difference }) =>
      `${chain}: the ${contract} at ${address} is not ${fullName}: ${difference}.`,
  );
  if (wrong.length > 0) {
    const among = unread.size > 0 ? " that were read" : "";
    lines.push(
      `mesh ${mesh}: ${wrong.length} of ${verdicts.length} contracts${among} are not what solc ${compiler} makes of this checkout. Check out the commit that was deployed, or find out who deployed what else.`,
    );
  }
  if (unread.size > 0) {
    rows.push(...[...unread.keys()].map((chain) => [chain, "", "", "not read", ""]));
    lines.push(
      `mesh ${mesh}: cannot tell whether every contract is what this checkout makes ${untilRead(unread)}.`,
    );
  } else if (wrong.length === 0) {
    lines.push(
      `mesh ${mesh}: all ${verdicts.length} contracts are what solc ${compiler} makes of this checkout.`,
    );
  }
  const head = ["chain", "contract", "address", "code", "creation"];
  return [formatTable(head, rows, 5), ...lines].join("\n");
}
