import type { Mesh } from "../mesh/mesh";
import { pinLatest } from "../rpc/pinned";

import { findScheduled, readController, wasReplaced } from "./controller";
import type { ControllerState, ScheduledRebase } from "./controller";
import { formatGrowth } from "./growth";
import type { RebaseRequest } from "./guards";
import { effectiveAtOf } from "./guards";
import type { ChainStatus, RebaseStatus } from "./status";

/** What a wish to rebase comes to: a new epoch, or one that an earlier run has scheduled already. */
export type Intent =
  | { readonly kind: "schedule"; readonly epoch: bigint }
  | { readonly kind: "scheduled"; readonly rebase: ScheduledRebase };

/** For so long a rebase of the same size is taken for the same one, seconds, unless the epoch is named. */
const SAME_FOR_SECONDS = 3_600n;

/**
 * Finds out whether a rebase is still to be scheduled. A run that was killed is run again with the same
 * words, and must not rebase twice: so a rebase of the same size as the newest one is taken for it while the
 * controller would refuse another one, and for an hour in any case. Whoever names the epoch is believed.
 * @param epoch the one that the rebase shall be; the next one unless named.
 * @throws when the named epoch exists and is another rebase, never counted, or lies too far ahead.
 */
export async function intentOf(
  mesh: Mesh,
  { home }: RebaseStatus,
  request: RebaseRequest,
  epoch?: bigint,
): Promise<Intent> {
  const next = home.epoch + 1n;
  if (epoch === undefined) {
    const newest = await findScheduled(mesh.home, home.epoch, home.blockNumber);
    if (newest && (await isTheSame(mesh, home, newest, request))) {
      return { kind: "scheduled", rebase: newest };
    }
    return { kind: "schedule", epoch: next };
  }
  if (epoch === next) return { kind: "schedule", epoch };
  if (epoch > next) {
    throw new Error(`Epoch ${epoch} is not the next one: home is at ${home.epoch}, name ${next}.`);
  }
  const rebase = await findScheduled(mesh.home, epoch, home.blockNumber);
  if (rebase && matches(rebase, request)) {
    if (epoch < home.epoch && (await wasReplaced(mesh.home, rebase, home.blockNumber))) {
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

async function isTheSame(
  mesh: Mesh,
  home: ChainStatus,
  newest: ScheduledRebase,
  request: RebaseRequest,
): Promise<boolean> {
  if (!matches(newest, request)) return false;
  if (home.pending || home.timestamp - newest.scheduledAt < SAME_FOR_SECONDS) return true;
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
