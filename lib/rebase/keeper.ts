import { formatGrowth } from "../core/growth";
import { payerOf, paymentName } from "../core/payment";
import { isUndecided, quarantineRecovery, quarantineText } from "../mesh/components/circuitBreaker";
import type { OperatorContext } from "../mesh/operator";
import { NoKeyError } from "../mesh/signing";
import { pinLatest } from "../rpc/pinned";
import { TransactionRejectedError, RevertedError, GasPriceTooHighError } from "../tx/errors";
import { NonceManager } from "../tx/nonces";

import { operatorOf, readController, scheduleRebase, settleHome } from "./controller";
import type { ScheduledRebase } from "./controller";
import { readLaneFees, readRunway } from "./fees";
import type { LaneFee, Runway } from "./fees";
import { decide } from "./policy";
import type { Decision, RebasePolicy } from "./policy";
import { retryTransient } from "./retryPolicy";
import { syncSatellites } from "./runner";
import type { RunnerEvent, RunnerOptions } from "./runner";
import { readStatus } from "./status";
import type { RebaseStatus } from "./status";

/** Exit codes of a keeper's run. */
export const KEEPER_EXIT = {
  /** Every satellite is synced with home. */
  synced: 0,
  /** A step failed, or a due rebase was rejected; all possible broadcasts were sent. */
  failed: 1,
  /** A satellite is still stale, or holds back a broadcast that nobody has decided about. */
  stale: 2,
  /** A later run may succeed: a fee ceiling, the gas price limit or a low balance deferred a transaction. */
  deferred: 3,
} as const;

/** Events of a keeper, one line each. */
export type KeeperEvent =
  | RunnerEvent
  | {
      readonly event: "start";
      readonly mesh: string;
      /** Undefined when it only broadcasts. */
      readonly policy?: RebasePolicy | undefined;
      readonly payment: string;
      /** In wei of the fee token. */
      readonly ceiling?: bigint | undefined;
      readonly dryRun: boolean;
    }
  | {
      readonly event: "status";
      readonly epoch: bigint;
      readonly satellites: readonly { readonly chain: string; readonly epoch: bigint }[];
    }
  | ({ readonly event: "decision"; readonly growth?: string } & Decision)
  | { readonly event: "rebase-sent"; readonly epoch: bigint; readonly hash: string }
  | ({ readonly event: "rebase-scheduled"; readonly growth: string } & ScheduledRebase)
  | { readonly event: "rebase-refused"; readonly reason: string }
  /** A rebase is due, but the gas price is too high. */
  | { readonly event: "rebase-deferred"; readonly reason: string }
  /** Fees of broadcasts to the stale satellites, in a dry run only. */
  | { readonly event: "fees"; readonly lanes: readonly LaneFee[] }
  | ({ readonly event: "runway" } & Runway)
  /** A satellite holds back a broadcast: a person has to decide. */
  | {
      readonly event: "quarantined";
      readonly chain: string;
      readonly epoch: bigint;
      readonly reason: string;
      readonly recovery: string;
    }
  /** The run ended early; its transactions are on chain, and another run resumes from there. */
  | { readonly event: "error"; readonly exitCode: number; readonly reason: string }
  | {
      readonly event: "end";
      readonly exitCode: number;
      readonly epoch: bigint;
      readonly synced: boolean;
      /** Fees of this run, in wei of the fee token. */
      readonly spent: bigint;
      readonly stale: readonly { readonly chain: string; readonly why: string }[];
    };

export interface KeeperOptions extends Pick<
  RunnerOptions,
  "payment" | "ceiling" | "attempts" | "overdueAfterSeconds" | "pollOptions"
> {
  /** The rebase policy; without one it only broadcasts. */
  readonly policy?: RebasePolicy | undefined;
  /** Plan and quote, and send nothing. */
  readonly dryRun: boolean;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** The outcome of a run. */
export type KeeperResult = Awaited<ReturnType<typeof keep>>;

/**
 * Runs the keeper once: schedules a rebase if one is due, syncs every satellite, and reports the remaining funds.
 * The chains are the only state: killed at any point and run again, or started twice at once, it schedules and
 * broadcasts once, because the controller accepts each epoch once and the broadcaster sends it once.
 */
export async function keep(context: OperatorContext, options: KeeperOptions) {
  const { policy, payment, ceiling, dryRun, onEvent } = options;
  const { mesh } = context;
  const { name } = mesh.config;
  onEvent({ event: "start", mesh: name, policy, payment: paymentName(payment), ceiling, dryRun });
  if (dryRun) return rehearse(context, options);
  const nonces = new NonceManager();
  const { scheduled, trouble, notBefore }: RebaseOutcome = policy
    ? await rebaseIfDue(context, { ...options, policy }, nonces)
    : {};
  const runner = await syncSatellites(context, { ...options, follow: true, nonces, notBefore });
  const { status, synced, spent, lanes } = runner;
  const isDeferred = lanes.some(({ deferred }) => deferred);
  const unsynced = isDeferred ? KEEPER_EXIT.deferred : KEEPER_EXIT.stale;
  const undecided = reportQuarantined(name, status, onEvent);
  const exitCode = synced ? KEEPER_EXIT[trouble ?? (undecided ? "stale" : "synced")] : unsynced;
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  onEvent({
    event: "end",
    exitCode,
    epoch: status.home.epoch,
    synced,
    spent,
    stale: lanes
      .filter(({ state }) => state.kind !== "synced")
      .map(({ chain, state, trouble: why = state.kind }) => ({ chain, why })),
  });
  return { exitCode, scheduled, runner };
}

/** Reports the broadcasts that satellites hold back. @returns whether nobody has decided about one of them. */
function reportQuarantined(
  mesh: string,
  { home, satellites }: RebaseStatus,
  onEvent: KeeperOptions["onEvent"],
): boolean {
  for (const { chain, quarantined } of satellites) {
    if (!quarantined) continue;
    onEvent({
      event: "quarantined",
      chain,
      epoch: quarantined.epoch,
      reason: quarantineText(quarantined),
      recovery: quarantineRecovery(mesh, chain, quarantined, home),
    });
  }
  return satellites.some(isUndecided);
}

interface RebaseOutcome {
  readonly scheduled?: ScheduledRebase;
  /** The reason why a due rebase was not scheduled. */
  readonly trouble?: "failed" | "deferred";
  /** The newest block of home that was seen, which includes the rebase if one was scheduled. */
  readonly notBefore?: number;
}

/** Schedules a rebase if one is due. A rejected one does not stop the broadcasts of earlier epochs. */
async function rebaseIfDue(
  context: OperatorContext,
  options: KeeperOptions & { readonly policy: RebasePolicy },
  nonces: NonceManager,
): Promise<RebaseOutcome> {
  const { onEvent, pollOptions, payment } = options;
  const { mesh } = context;
  const schedule = async (): Promise<RebaseOutcome> => {
    await settleHome(context, operatorOf(mesh));
    const { status, decision } = await look(context, options);
    if (!decision.due) return { notBefore: status.home.blockNumber };
    // Do not schedule a rebase that cannot be broadcast from here.
    await context.signerFor(mesh.home, payerOf(mesh, payment));
    const { growthFactor } = decision;
    const epoch = status.home.epoch + 1n;
    const onSent = (hash: string) => onEvent({ event: "rebase-sent", epoch, hash });
    const scheduled = await scheduleRebase(context, epoch, { growthFactor }, { nonces, onSent });
    onEvent({ event: "rebase-scheduled", growth: formatGrowth(growthFactor), ...scheduled });
    return { scheduled, notBefore: scheduled.blockNumber };
  };
  try {
    const onTransient = (reason: string) => onEvent({ event: "repoll", reason });
    return await retryTransient(pollOptions, onTransient, schedule);
  } catch (error) {
    const isRefused =
      error instanceof TransactionRejectedError ||
      error instanceof NoKeyError ||
      error instanceof RevertedError;
    if (!isRefused) throw error;
    const isDeferred = error instanceof GasPriceTooHighError;
    const event = isDeferred ? "rebase-deferred" : "rebase-refused";
    onEvent({ event, reason: error.message });
    return { trouble: isDeferred ? "deferred" : "failed" };
  }
}

async function look(
  { mesh }: OperatorContext,
  { policy, onEvent }: KeeperOptions & { readonly policy: RebasePolicy },
): Promise<{ status: RebaseStatus; decision: Decision }> {
  const status = await readStatus(mesh);
  const { home, satellites } = status;
  const pinned = await pinLatest(mesh.home.name, mesh.home.provider, home.blockNumber);
  const decision = decide(policy, home, await readController(mesh.home, pinned));
  onEvent({
    event: "status",
    epoch: home.epoch,
    satellites: satellites.map(({ chain, epoch }) => ({ chain, epoch })),
  });
  const growth = decision.due ? formatGrowth(decision.growthFactor) : undefined;
  onEvent({ event: "decision", ...decision, growth });
  return { status, decision };
}

/** Plans and quotes a run. The exit code is `synced` if nothing is due, `stale` if a broadcast would be sent. */
async function rehearse(context: OperatorContext, options: KeeperOptions) {
  const { mesh } = context;
  const { policy, onEvent } = options;
  const status = policy
    ? (await look(context, { ...options, policy })).status
    : await readStatus(mesh);
  const stale = status.satellites
    .filter(({ syncStatus }) => syncStatus !== "synced")
    .map(({ chain, syncStatus: why }) => ({ chain, why }));
  onEvent({ event: "fees", lanes: await readLaneFees(mesh, mesh.satellites) });
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  const synced = stale.length === 0;
  const undecided = reportQuarantined(mesh.config.name, status, onEvent);
  const exitCode = synced && !undecided ? KEEPER_EXIT.synced : KEEPER_EXIT.stale;
  onEvent({ event: "end", exitCode, epoch: status.home.epoch, synced, spent: 0n, stale });
  return { exitCode, scheduled: undefined, runner: undefined };
}
