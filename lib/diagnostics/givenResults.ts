import type { Provider } from "ethers";
import { released } from "ccip-localnet/protocol";
import type { Message20, Verification } from "ccip-localnet/protocol";

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
  return transactions.flatMap((transaction) =>
    transaction?.to === offRamp ? resultsIn(transaction.data, encoded) : [],
  );
}

function resultsIn(data: string, encoded: string): Verification[] {
  const call = released("offRamp", "2.0").interface.parseTransaction({ data });
  if (call?.name !== "execute") return [];
  const [message, verifiers, results] = call.args.toArray(true) as [string, string[], string[]];
  if (message !== encoded) return [];
  return verifiers.map((verifier, i) => ({ verifier, results: results[i] ?? "0x" }));
}
