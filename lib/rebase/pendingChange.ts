import { OperatorError } from "../core/errors";
import { formatGrowth } from "../core/growth";
import { listenerGasOn } from "../core/mesh/listeners";
import type { Mesh } from "../core/mesh/mesh";
import { timeText } from "../core/time";
import { abi } from "../core/abis";
import { proposalDelay } from "../mesh/components/timelock/calls";
import { proposeThroughTimelocks } from "../mesh/components/timelock/proposals";
import type { MeshPlan } from "../mesh/read";
import { readMesh, stateOf } from "../mesh/state";
import type { HomeState } from "../mesh/state";
import type { Step } from "../mesh/step";
import { call, change, when } from "../mesh/stepBuilders";
import type { LogStore } from "../rpc/logs";
import { atLeast, pinLatest } from "../rpc/pinned";

import { findScheduled, readController } from "./controller";
import { checkValues } from "./guards";
import { isRebasedBy } from "./request";
import type { RebaseRequest } from "./request";
import { readHomeStatus } from "./status";
import type { ChainStatus } from "./status";

/** A pending rebase, and its replacement by the admin of the controller. */
export interface PendingChange {
  /** The pending epoch. */
  readonly epoch: bigint;
  /** The time at which it takes effect, unix seconds. */
  readonly effectiveAt: bigint;
  /** The block of home at which it was found. */
  readonly blockNumber: number;
  /** Undefined for a cancellation. */
  readonly replacement?: { readonly growthFactor: bigint; readonly delay: bigint };
}

/**
 * Finds the pending rebase to cancel or replace.
 * @param request the replacement; undefined for a cancellation.
 * @returns undefined when none is pending; `same` when the pending one is the requested one.
 * @throws OperatorError when the controller would reject the replacement.
 */
export async function findPending(
  { home }: Mesh,
  request?: RebaseRequest,
): Promise<PendingChange | "same" | undefined> {
  const status = await readHomeStatus(home);
  const { epoch, effectiveAt, blockNumber } = status;
  if (!status.pending) return undefined;
  if (!request) return { epoch, effectiveAt, blockNumber };
  const { growthFactor, delay } = request;
  if (isRebasedBy(status, request)) {
    // The index does not show the delay, only the log does.
    const scheduled = await findScheduled(home, epoch, blockNumber);
    const delayed = scheduled && scheduled.effectiveAt - scheduled.scheduledAt;
    if (delay === undefined || delay === delayed) return "same";
  }
  const pinned = await pinLatest(home.name, home.provider, blockNumber);
  const controller = await readController(home, pinned);
  const refusing = checkValues(status, controller, request).filter(({ passes }) => !passes);
  if (refusing.length > 0) {
    throw new OperatorError(
      "REBASE_REFUSED",
      [
        `The pending rebase of epoch ${epoch} cannot be replaced by ${formatGrowth(growthFactor)}. Nothing was sent.`,
        ...refusing.map(({ guard, detail }) => `  ${guard}: ${detail}`),
      ].join("\n"),
    );
  }
  const replacement = { growthFactor, delay: delay ?? controller.config.delay };
  return { epoch, effectiveAt, blockNumber, replacement };
}

/**
 * Plans the cancellation or replacement of a pending rebase: one call of the controller's admin, with a proposal
 * before it if that is a timelock. Only home is read, so that it works while satellites are down.
 * @throws OperatorError when the rebase takes effect before the admin could act.
 */
export async function planPendingChange(
  mesh: Mesh,
  pending: PendingChange,
  options: { store?: LogStore | undefined; notBefore?: ReadonlyMap<string, number> } = {},
): Promise<MeshPlan> {
  const alone = { ...mesh, satellites: [] };
  const notBefore = atLeast(options.notBefore, mesh.home.name, pending.blockNumber);
  const state = await readMesh(alone, { ...options, notBefore });
  const home = stateOf(state, mesh.home);
  const status = await readHomeStatus(mesh.home, home.blockNumber);
  const steps = await proposeThroughTimelocks(alone, state, [stepOf(mesh, pending, home, status)]);
  const at = earliestAt(mesh, home, steps);
  const isOver = status.epoch > pending.epoch;
  if (isOver || (status.pending && at < status.effectiveAt)) {
    return { state, steps, inFlight: new Map() };
  }
  throw new OperatorError(
    "REBASE_REFUSED",
    `It is too late: epoch ${pending.epoch} takes effect at ${timeText(status.effectiveAt)}, and the admin of the controller could act at ${timeText(at)} at the earliest. Nothing was sent. Schedule another rebase that takes it back once it counts.`,
  );
}

function stepOf(
  { home, config }: Mesh,
  { epoch, replacement }: PendingChange,
  { controller }: HomeState,
  status: ChainStatus,
): Step {
  const newEpoch = epoch + 1n;
  const what = replacement
    ? `replace epoch ${epoch} by ${formatGrowth(replacement.growthFactor)} after ${replacement.delay} s`
    : `cancel epoch ${epoch}`;
  const data = replacement
    ? abi.controller.encodeFunctionData("replacePending", [
        replacement.growthFactor,
        replacement.delay,
        newEpoch,
      ])
    : abi.controller.encodeFunctionData("cancelPending", [newEpoch]);
  const after = replacement ? `epoch ${newEpoch}` : "none";
  return {
    id: `${home.name}/controller/${what}`,
    chain: home.name,
    title: `${what}, which is pending`,
    changes: [change("pending rebase", `epoch ${epoch}`, after)],
    status: when(status.epoch >= newEpoch),
    after: [],
    call: {
      ...call(controller.admin, "default admin of the controller", home.contracts.controller, data),
      // An estimate is the least with which the index is set, whether listeners are told or not.
      optionalGas: listenerGasOn(config, home.name),
    },
  };
}

/** Returns the earliest time at which the admin could act, unix seconds. */
function earliestAt(mesh: Mesh, state: HomeState, steps: readonly Step[]): bigint {
  const { home } = mesh;
  const isByTimelock = state.controller.admin === home.contracts.timelock;
  const isProposed = steps.some(
    ({ id, status: { kind } }) => id.startsWith(`${home.name}/timelock/propose`) && kind === "done",
  );
  const delay = isByTimelock && !isProposed ? proposalDelay(mesh, state) : 0n;
  const waiting = steps.flatMap(({ status }) =>
    status.kind === "waiting" ? (status.until ?? []) : [],
  );
  return waiting.reduce(
    (latest, until) => (until > latest ? until : latest),
    state.timestamp + delay,
  );
}
