import type { Provider } from "ethers";
import { z } from "zod";
import { released } from "ccip-localnet/protocol";
import type { Message20, Verification } from "ccip-localnet/protocol";

/** Arguments of `execute`: the encoded message, the verifiers, and the results of each. */
const argumentsOfExecute = z
  .tuple([z.string(), z.array(z.string()), z.array(z.string())])
  .rest(z.unknown());

/**
 * Reads the verifier results passed to earlier executions of a message: their calldata publishes them, valid or
 * not. A transaction that reached the OffRamp through another contract has none.
 * @param hashes of the transactions that executed it.
 */
export async function givenResults(
  { encoded, offRamp }: Pick<Message20, "encoded" | "offRamp">,
  provider: Pick<Provider, "getTransaction">,
  hashes: readonly string[],
): Promise<Verification[]> {
  const transactions = await Promise.all(
    [...new Set(hashes)].map((hash) => provider.getTransaction(hash)),
  );
  const given = transactions.flatMap((transaction) =>
    transaction?.to === offRamp ? resultsIn(transaction.data, encoded) : [],
  );
  const byContent = new Map(given.map((one) => [`${one.verifier} ${one.results}`, one]));
  return [...byContent.values()];
}

function resultsIn(data: string, encoded: string): Verification[] {
  const call = released("offRamp", "2.0").interface.parseTransaction({ data });
  if (call?.name !== "execute") return [];
  const [message, verifiers, all] = argumentsOfExecute.parse(call.args.toArray(true));
  if (message !== encoded) return [];
  return verifiers.flatMap((verifier, i) => {
    const results = all[i];
    return results === undefined ? [] : [{ verifier, results }];
  });
}
