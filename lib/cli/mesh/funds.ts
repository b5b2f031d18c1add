import { formatEther } from "ethers";

import { nativeSymbol } from "../../core/chains";
import { OperatorError } from "../../core/errors";
import { chainsOf } from "../../core/mesh/mesh";
import { Problems } from "../../core/problems";
import type { OperatorContext } from "../../mesh/operator";
import type { Step } from "../../mesh/step";
import { feesNow, priceOf } from "../../tx/fees";

/** Gas of the smallest transaction: an account that cannot pay for it cannot send any. */
const LEAST_GAS = 21_000n;

/**
 * Checks that every account with an available key can pay for its transactions.
 * @throws naming all accounts that cannot, on all chains.
 */
export async function requireFunds(
  context: OperatorContext,
  steps: readonly Step[],
): Promise<void> {
  const problems = new Problems();
  for (const chain of chainsOf(context.mesh)) {
    const todo = steps.filter(
      ({ chain: name, status }) => name === chain.name && status.kind === "todo",
    );
    for (const account of new Set(todo.map(({ call }) => call.from))) {
      await problems.noting(async () => {
        // An account without a valid key sends nothing, which is reported on signing.
        const hasKey = await context.signerFor(chain, account).then(
          () => true,
          () => false,
        );
        if (!hasKey) return;
        const held = await chain.provider.getBalance(account);
        if (held >= LEAST_GAS * priceOf(await feesNow(chain.provider))) return;
        const count = todo.filter(({ call }) => call.from === account).length;
        throw new OperatorError(
          "NOT_ENOUGH_FUNDS",
          `${account} has ${formatEther(held)} ${nativeSymbol(chain.name)} on ${chain.name}, and ${count} transactions to send there: fund it.`,
        );
      });
    }
  }
  problems.throwAny();
}
