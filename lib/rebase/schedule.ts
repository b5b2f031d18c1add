import { abi } from "../core/abis";
import { holderOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import type { OperatorContext } from "../mesh/operator";
import { settle, sendTransaction } from "../tx/send";
import type { NonceManager } from "../tx/nonces";

import { SCHEDULED, decodeScheduled } from "./controller";
import type { ScheduledRebase } from "./controller";
import type { RebaseRequest } from "./request";

/** Returns the account that schedules rebases in this mesh. */
export function operatorOf(mesh: Mesh): string {
  return holderOf(mesh, "rebaseOperator", mesh.home.name);
}

/** Returns the call that schedules a rebase. */
export function rebaseCall(
  { home }: Mesh,
  { growthFactor, delay }: RebaseRequest,
  newEpoch: bigint,
) {
  return {
    to: home.contracts.controller,
    data:
      delay === undefined
        ? abi.controller.encodeFunctionData("rebase", [growthFactor, newEpoch])
        : abi.controller.encodeFunctionData("rebaseAfter", [growthFactor, delay, newEpoch]),
  };
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
 * @throws NoKeyError, or TransactionError: after a conflict or an unknown outcome read the chain again.
 */
export async function scheduleRebase(
  context: OperatorContext,
  newEpoch: bigint,
  request: RebaseRequest,
  options: { readonly nonces: NonceManager; onSent?(hash: string): void },
): Promise<ScheduledRebase> {
  const { mesh } = context;
  const { home } = mesh;
  const { hash, logs } = await sendTransaction(
    home,
    await context.signerFor(home, operatorOf(mesh)),
    { label: `rebase to epoch ${newEpoch}`, ...rebaseCall(mesh, request, newEpoch) },
    {
      ...context.sendOptions(home),
      nonces: options.nonces,
      onSent: (_label, sent) => options.onSent?.(sent),
    },
  );
  const log = logs.find(({ topics }) => topics[0] === SCHEDULED);
  if (!log) throw new Error(`${hash} was mined without the event of ${home.contracts.controller}.`);
  return decodeScheduled(home, log);
}
