import { toJson } from "../../cli/json";
import { formatTable } from "../../cli/table";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { chainsOf } from "../../mesh/mesh";
import { verifyChain } from "../verify";
import type { Verdict, VerifyOptions } from "../verify";

/** How contracts are verified. */
export interface VerifyTaskOptions extends VerifyOptions {
  readonly json: boolean;
}

/**
 * Compares every contract of a mesh with this checkout, and names the first difference of each.
 * @returns a verdict for every contract.
 */
export async function verifyContracts(
  { mesh }: Desk,
  { json, ...options }: VerifyTaskOptions,
  { print }: Voice = TERMINAL,
): Promise<readonly Verdict[]> {
  const perChain = await Promise.all(
    chainsOf(mesh).map((chain) => verifyChain(mesh, chain, options)),
  );
  const verdicts = perChain.flat();
  const wrong = verdicts.filter(({ difference }) => difference !== undefined);
  const [first] = verdicts;
  const compiler = first ? options.compiled.compilerOf(first.source, first.name) : "";
  if (json) {
    print(
      toJson({
        mesh: mesh.config.name,
        equal: wrong.length === 0,
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
    print(
      [
        formatTable(
          ["chain", "contract", "address", "code", "creation"],
          verdicts.map(({ chain, contract, address, difference, creation }) => [
            chain,
            contract,
            address,
            difference === undefined ? "equal" : "differs",
            creation,
          ]),
          5,
        ),
        ...wrong.map(
          ({ chain, contract, address, source, name, difference }) =>
            `${chain}: the ${contract} at ${address} is not ${source}:${name}: ${difference}.`,
        ),
        wrong.length === 0
          ? `mesh ${mesh.config.name}: all ${verdicts.length} contracts are what solc ${compiler} makes of this checkout.`
          : `mesh ${mesh.config.name}: ${wrong.length} of ${verdicts.length} contracts are not what solc ${compiler} makes of this checkout. Check out the commit that was deployed, or find out who deployed what else.`,
      ].join("\n"),
    );
  }
  return verdicts;
}
