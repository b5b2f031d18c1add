import type { Mesh } from "../core/mesh/mesh";
import { pinLatest } from "../rpc/pinned";
import type { RetryPolicy } from "../core/endpoint/client";

import { readController, scheduledRebase, wasReplaced } from "./controller";
import type { ControllerState, ScheduledRebase } from "./controller";
import { formatGrowth, sharesPerTokenAfter } from "../core/growth";
import type { RebaseRequest } from "./guards";
import { effectiveAtOf } from "./guards";
import type { ChainStatus, RebaseStatus } from "./status";

/** What a wish to rebase comes to: a new epoch, or one that an earlier run has scheduled already. */
export type Intent =
  | { readonly kind: "schedule"; readonly epoch: bigint }
  | { readonly kind: "scheduled"; readonly rebase: ScheduledRebase };

/**
 * Finds out whether a rebase is still to be scheduled. A run that was killed is run again with the same
 * words, and must not rebase twice: so a rebase of the same size as the newest one is taken for it while that one is
 * unfinished, which the chains themselves say: it is pending, the controller would refuse another one, or a
 * satellite has not heard of it. Whoever names the epoch is believed.
 * @param epoch the one that the rebase shall be; the next one unless named.
 * @throws when the named epoch exists and is another rebase, never counted, or lies too far ahead.
 */
export async function intentOf(
  mesh: Mesh,
  status: RebaseStatus,
  request: RebaseRequest,
  { epoch, lag }: { readonly epoch?: bigint; readonly lag?: RetryPolicy } = {},
): Promise<Intent> {
  const { home } = status;
  const next = home.epoch + 1n;
  const scheduled = (number: bigint) => scheduledRebase(mesh.home, number, home.blockNumber, lag);
  if (epoch === undefined) {
    if (isSameSize(home, request) && (await isUnfinished(mesh, status, request))) {
      const newest = await scheduled(home.epoch);
      if (newest && matches(newest, request)) return { kind: "scheduled", rebase: newest };
    }
    return { kind: "schedule", epoch: next };
  }
  if (epoch === next) return { kind: "schedule", epoch };
  if (epoch > next) {
    throw new Error(`Epoch ${epoch} is not the next one: home is at ${home.epoch}, name ${next}.`);
  }
  const rebase = await scheduled(epoch);
  if (rebase && matches(rebase, request)) {
    if (epoch < home.epoch && wasReplaced(rebase, await scheduled(epoch + 1n))) {
      throw new Error(`Epoch ${epoch} was replaced or cancelled: name ${next} to rebase again.`);
    }
    return { kind: "scheduled", rebase };
  }
  throw new Error(
    rebase
      ? `Epoch ${epoch} exists already and is another rebase: ${formatGrowth(rebase.growthFactor)} after ${rebase.effectiveAt - rebase.scheduledAt} s, in ${rebase.transactionHash}. Name ${next} to rebase once more.`
      : `Epoch ${epoch} is over and no rebase: name ${next}.`,
  );
}

/** Whether the newest epoch is a rebase of the size that is asked for, by the token's own state. */
function isSameSize({ current, next }: ChainStatus, { growthFactor }: RebaseRequest): boolean {
  return growthFactor > 0n && next === sharesPerTokenAfter(current, growthFactor);
}

async function isUnfinished(
  mesh: Mesh,
  { home, satellites }: RebaseStatus,
  request: RebaseRequest,
): Promise<boolean> {
  if (home.pending || satellites.some(({ syncStatus }) => syncStatus === "behind")) return true;
  const pinned = await pinLatest(mesh.home.name, mesh.home.provider, home.blockNumber);
  return isTooEarly(home, await readController(mesh.home, pinned), request);
}

function isTooEarly(home: ChainStatus, controller: ControllerState, request: RebaseRequest) {
  return effectiveAtOf(request, controller, home.timestamp) < controller.earliestEffectiveAt;
}

/** The same size, and the same delay if one is asked for. */
function matches(rebase: ScheduledRebase, { growthFactor, delay }: RebaseRequest): boolean {
  const { effectiveAt, scheduledAt } = rebase;
  return (
    rebase.growthFactor === growthFactor &&
    (delay === undefined || delay === effectiveAt - scheduledAt)
  );
}
