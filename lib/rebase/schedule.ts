import { abi } from "../core/abis";
import type { OperatorContext } from "../mesh/operator";
import { holderOf } from "../core/mesh/mesh";
import { RevertedError } from "../tx/errors";
import { settle, sendTransaction } from "../tx/send";
import type { NonceManager } from "../tx/nonces";

import { SCHEDULED, decodeScheduled } from "./controller";
import type { ScheduledRebase } from "./controller";
import type { RebaseRequest } from "./guards";
import { rebaseCall } from "./simulate";

/** Returns the account that schedules rebases in this mesh. */
export function operatorOf({ mesh }: Pick<OperatorContext, "mesh">): string {
  return holderOf(mesh, "rebaseOperator", mesh.home.name);
}

/** Waits for pending transactions that a killed run may have left at home. Must be called before reading. */
export async function settleHome(
  context: OperatorContext,
  ...accounts: readonly string[]
): Promise<void> {
  const { home } = context.mesh;
  const { times } = context.sendOptions(home);
  for (const account of new Set(accounts)) await settle(home, home.provider, account, times);
}

/**
 * Schedules the rebase that creates an epoch, as the operator. The controller accepts it at most once, whichever
 * account sends it.
 * @throws NoKeyError, or TransactionError: after {@link isOvertaken} or an unknown outcome read the chain again.
 */
export async function scheduleRebase(
  context: OperatorContext,
  newEpoch: bigint,
  request: RebaseRequest,
  options: { readonly nonces: NonceManager; onSent?(hash: string): void },
): Promise<ScheduledRebase> {
  const { mesh } = context;
  const { home } = mesh;
  const receipt = await sendTransaction(
    home,
    await context.signerFor(home, operatorOf(context)),
    { label: `rebase to epoch ${newEpoch}`, ...rebaseCall(mesh, request, newEpoch) },
    {
      ...context.sendOptions(home),
      nonces: options.nonces,
      onSent: (_label, hash) => options.onSent?.(hash),
    },
  );
  const log = receipt.logs.find(
    ({ address, topics }) => address === home.contracts.controller && topics[0] === SCHEDULED,
  );
  if (!log) {
    throw new Error(
      `${receipt.hash} was mined and scheduled nothing: is ${home.contracts.controller} the controller? (${abi.controller.getEvent("RebaseScheduled").format()})`,
    );
  }
  return decodeScheduled(home, log);
}

/** Returns whether the controller rejected a rebase because its epoch exists already. */
export function isOvertaken(error: unknown): boolean {
  return (
    error instanceof RevertedError &&
    abi.controller.parseError(error.revertData)?.name === "UnexpectedEpoch"
  );
}
