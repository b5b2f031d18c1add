import { OperatorError } from "../core/errors";
import { formatGrowth, sharesPerTokenAfter } from "../core/growth";
import type { Mesh } from "../core/mesh/mesh";
import { timeText } from "../core/time";
import { abi } from "../core/abis";
import { proposeThroughTimelocks } from "../mesh/components/timelock/proposals";
import type { MeshPlan } from "../mesh/read";
import { readMesh, statesOf } from "../mesh/state";
import type { HomeState } from "../mesh/state";
import type { Step } from "../mesh/step";
import { proposalDelay } from "../mesh/components/timelock/timelock";
import { call, change, when } from "../mesh/stepBuilders";
import type { LogStore } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";

import { readController } from "./controller";
import { judge } from "./guards";
import type { RebaseRequest } from "./guards";
import { readHomeStatus } from "./status";
import type { ChainStatus } from "./status";

/** A pending rebase, and its replacement by the admin of the controller. */
export interface PendingChange {
  /** The pending epoch. */
  readonly epoch: bigint;
  /** Undefined for a cancellation. */
  readonly replacement?: Required<RebaseRequest>;
}

/**
 * Finds the pending rebase to cancel or replace.
 * @param request the replacement; undefined for a cancellation.
 * @returns undefined when none is pending; `same` when the pending one has the requested index.
 * @throws OperatorError when the controller would reject the replacement.
 */
export async function findPending(
  { home }: Mesh,
  request?: RebaseRequest,
): Promise<{ change: PendingChange; status: ChainStatus } | "same" | undefined> {
  const status = await readHomeStatus(home);
  if (!status.pending) return undefined;
  const { epoch } = status;
  if (!request) return { change: { epoch }, status };
  const { growthFactor, delay } = request;
  const isSame =
    growthFactor > 0n && status.next === sharesPerTokenAfter(status.current, growthFactor);
  // The index does not show another delay of the same rebase.
  if (isSame && delay === undefined) return "same";
  const pinned = await pinLatest(home.name, home.provider, status.blockNumber);
  const controller = await readController(home, pinned);
  const replacement = { delay: controller.config.delay, ...request };
  const operator = { account: "", holders: [] };
  const refusing = judge(status, controller, replacement, operator).filter(
    ({ guard, passes }) => !passes && ["bounds", "index", "delay"].includes(guard),
  );
  if (refusing.length > 0) {
    throw new OperatorError(
      "REBASE_REFUSED",
      [
        `The pending rebase of epoch ${epoch} cannot be replaced by ${formatGrowth(request.growthFactor)}. Nothing was sent.`,
        ...refusing.map(({ guard, detail }) => `  ${guard}: ${detail}`),
      ].join("\n"),
    );
  }
  return { change: { epoch, replacement }, status };
}

/**
 * Plans the cancellation or replacement of a pending rebase: one call of the controller's admin, with a proposal
 * before it if that is a timelock. Only home is read, so that it works while satellites are down.
 * @throws OperatorError when the rebase takes effect before the admin could act.
 */
export async function planPendingChange(
  mesh: Mesh,
  pending: PendingChange,
  { store, notBefore }: { store?: LogStore; notBefore?: ReadonlyMap<string, number> } = {},
): Promise<MeshPlan> {
  const alone = { ...mesh, satellites: [] };
  const state = await readMesh(alone, { ...(store && { store }), ...(notBefore && { notBefore }) });
  const status = await readHomeStatus(mesh.home, state.home.blockNumber);
  const planned = await proposeThroughTimelocks(alone, statesOf(alone, state), [
    stepOf(mesh, pending, state.home, status),
  ]);
  requireInTime(mesh, pending, state.home, { status, planned });
  return { state, steps: planned, inFlight: new Map() };
}

function stepOf(
  { home }: Mesh,
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
  return {
    id: `${home.name}/controller/${what}`,
    chain: home.name,
    title: `${what}, which is pending`,
    changes: [
      change("pending rebase", `epoch ${epoch}`, replacement ? `epoch ${newEpoch}` : "none"),
    ],
    status: when(status.epoch >= newEpoch),
    after: [],
    call: call(
      controller.admin,
      "default admin of the controller",
      home.contracts.controller,
      data,
    ),
  };
}

function requireInTime(
  mesh: Mesh,
  { epoch }: PendingChange,
  state: HomeState,
  { status, planned }: { readonly status: ChainStatus; readonly planned: readonly Step[] },
): void {
  const { home } = mesh;
  if (status.epoch > epoch) return;
  const isByTimelock = state.controller.admin === home.contracts.timelock;
  const isProposed = planned.some(
    ({ id, status: { kind } }) => id.startsWith(`${home.name}/timelock/propose`) && kind === "done",
  );
  const waiting = planned.flatMap(({ status: { kind, ...rest } }) =>
    kind === "waiting" && "until" in rest && rest.until !== undefined ? [rest.until] : [],
  );
  const delay = isByTimelock && !isProposed ? proposalDelay(mesh, state.timelock) : 0n;
  const earliest = waiting.reduce(
    (latest, until) => (until > latest ? until : latest),
    state.timestamp + delay,
  );
  if (status.pending && earliest < status.effectiveAt) return;
  throw new OperatorError(
    "REBASE_REFUSED",
    `It is too late: epoch ${epoch} counts from ${timeText(status.effectiveAt)}, and the admin of the controller could act at ${timeText(earliest)} at the earliest. Nothing was sent. Schedule another rebase that takes it back once it counts.`,
  );
}
