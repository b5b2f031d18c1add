import { abi } from "../core/abis";
import type { OperatorContext } from "../mesh/operator";
import { holderOf } from "../core/mesh/mesh";
import { atKnownBlock } from "../rpc/retry";
import { settle, sendTransaction } from "../tx/send";
import type { NonceManager } from "../tx/nonces";

import { SCHEDULED, decodeScheduled } from "./controller";
import type { ScheduledRebase } from "./controller";
import type { RebaseRequest } from "./guards";
import { rebaseCall } from "./simulate";
import type { RebaseStatus } from "./status";

/** The account that schedules rebases in this mesh. */
export function operatorOf({ mesh }: Pick<OperatorContext, "mesh">): string {
  return holderOf(mesh, "rebaseOperator", mesh.home.name);
}

/** Waits for what a run that was killed may have left under way at home. Call it before reading. */
export async function settleHome(
  context: OperatorContext,
  ...accounts: readonly string[]
): Promise<void> {
  const { home } = context.mesh;
  const { times } = context.sendOptions(home);
  for (const account of new Set(accounts)) await settle(home, home.provider, account, times);
}

/**
 * Sends the one rebase that follows the status, as the operator. The controller takes no epoch, so the
 * operator's nonce at the block that was read stands for it: whatever the operator has sent since uses
 * that nonce up, and this transaction can then never be mined. What another operator has sent since is
 * refused by the controller's interval and by a pending rebase.
 * @throws NoKeyError, or TransactionError: on one that is no RevertedError look at the chain again.
 */
export async function scheduleRebase(
  context: OperatorContext,
  { home: read }: RebaseStatus,
  request: RebaseRequest,
  options: { readonly deploymentStore: NonceManager; onSent?(hash: string): void },
): Promise<ScheduledRebase> {
  const { mesh } = context;
  const { home } = mesh;
  const operator = operatorOf(context);
  const signer = await context.signerFor(home, operator);
  const nonce = await atKnownBlock(() =>
    home.provider.getTransactionCount(operator, read.blockNumber),
  );
  const receipt = await sendTransaction(
    home,
    signer,
    {
      label: `rebase to epoch ${read.epoch + 1n}`,
      ...rebaseCall(mesh, request, read.epoch + 1n),
      nonce,
    },
    {
      ...context.sendOptions(home),
      deploymentStore: options.deploymentStore,
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
