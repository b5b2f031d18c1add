import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { unreadLines } from "../mesh/text";
import { chainsOf } from "../../core/mesh/mesh";
import { eachThatAnswers, holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { verifyChain } from "../../explorer/verify";
import type { Verdict, VerifyOptions } from "../../explorer/verify";

/** Options of {@link verifyContracts}. */
export interface VerifyTaskOptions extends VerifyOptions {
  readonly json: boolean;
}

/** The result of `contracts verify`. */
export interface Verified {
  /** One for every contract of the chains that answered. */
  readonly verdicts: readonly Verdict[];
  readonly unread: UnreadChains;
}

/**
 * Compares every contract of a mesh with this checkout, and names the first difference of each. A chain
 * that does not answer is named too.
 */
export async function verifyContracts(
  { mesh, unreachable }: OperatorContext,
  { json, ...options }: VerifyTaskOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<Verified> {
  const { read, unread } = await eachThatAnswers(chainsOf(mesh), unreachable, (chain) =>
    verifyChain(mesh, chain, options),
  );
  const verdicts = chainsOf(mesh).flatMap(({ name }) => read.get(name) ?? []);
  const wrong = verdicts.filter(({ difference }) => difference !== undefined);
  const among = unread.size > 0 ? " that were read" : "";
  const [first] = verdicts;
  const compiler = first ? options.compiled.compilerOf(first.source, first.name) : "";
  if (json) {
    stdout(
      toJson({
        mesh: mesh.config.name,
        equal: holdsOnAll(wrong.length === 0, unread),
        unread: unreadDocument(unread),
        compiler,
        contracts: verdicts.map((verdict) => ({
          chain: verdict.chain,
          contract: verdict.contract,
          address: verdict.address,
          source: `${verdict.source}:${verdict.name}`,
          immutables: verdict.immutables,
          creation: verdict.creation,
          equal: verdict.difference === undefined,
          difference: verdict.difference ?? null,
        })),
      }),
    );
  } else {
    stdout(
      [
        formatTable(
          ["chain", "contract", "address", "code", "creation"],
          [
            ...verdicts.map(({ chain, contract, address, difference, creation }) => [
              chain,
              contract,
              address,
              difference === undefined ? "equal" : "differs",
              creation,
            ]),
            ...[...unread.keys()].map((chain) => [chain, "", "", "not read", ""]),
          ],
          5,
        ),
        ...wrong.map(
          ({ chain, contract, address, source, name, difference }) =>
            `${chain}: the ${contract} at ${address} is not ${source}:${name}: ${difference}.`,
        ),
        ...(wrong.length > 0
          ? [
              `mesh ${mesh.config.name}: ${wrong.length} of ${verdicts.length} contracts${among} are not what solc ${compiler} makes of this checkout. Check out the commit that was deployed, or find out who deployed what else.`,
            ]
          : []),
        ...(unread.size > 0
          ? [
              `mesh ${mesh.config.name}: cannot tell whether every contract is what this checkout makes ${untilRead(unread)}.`,
            ]
          : wrong.length === 0
            ? [
                `mesh ${mesh.config.name}: all ${verdicts.length} contracts are what solc ${compiler} makes of this checkout.`,
              ]
            : []),
      ].join("\n"),
    );
  }
  for (const line of unreadLines(unread)) log(line);
  return { verdicts, unread };
}
