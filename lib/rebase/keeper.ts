import type { OperatorContext } from "../mesh/operator";
import { NoKeyError } from "../mesh/signing";
import { pinLatest } from "../rpc/pinned";
import { TransactionRejectedError, RevertedError, GasPriceTooHighError } from "../tx/errors";
import { NonceManager } from "../tx/nonces";

import { readController } from "./controller";
import type { ScheduledRebase } from "./controller";
import { syncSatellites } from "./runner";
import type { RunnerEvent, RunnerResult } from "./runner";
import { readLaneFees, readRunway } from "./fees";
import type { LaneFee, Runway } from "./fees";
import { formatGrowth } from "../core/growth";
import type { PollOptions } from "./pollOptions";
import { payerOf, paymentName } from "../core/payment";
import type { Payment } from "../core/payment";
import { decide } from "./policy";
import type { Decision, RebasePolicy } from "./policy";
import { throughFaults } from "./retryPolicy";
import { operatorOf, scheduleRebase, settleHome } from "./schedule";
import { readStatus } from "./status";
import type { RebaseStatus } from "./status";

/** Exit codes of a keeper's run. */
export const KEEPER_EXIT = {
  /** Every satellite has the home's whole state. */
  synced: 0,
  /** Something failed, or a rebase was due and refused; what could be broadcast was. */
  failed: 1,
  /** A satellite is behind at the end. */
  behind: 2,
  /** Worth running again later: a ceiling, of fees or of the gas price, or an empty purse kept something back. */
  deferred: 3,
} as const;

/** What a keeper tells, one line each. */
export type KeeperEvent =
  | RunnerEvent
  | {
      readonly event: "start";
      readonly mesh: string;
      /** Undefined when it only broadcasts. */
      readonly policy?: RebasePolicy;
      readonly payment: string;
      /** In wei of the fee token. */
      readonly ceiling?: bigint;
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
  /** A rebase is due, and gas costs too much for now. */
  | { readonly event: "rebase-kept-back"; readonly reason: string }
  /** What broadcasts to the satellites that are behind would cost: only in a dry run. */
  | { readonly event: "fees"; readonly lanes: readonly LaneFee[] }
  | ({ readonly event: "runway" } & Runway)
  /** The run ended early; what it did is on the chains, and another run goes on from there. */
  | { readonly event: "error"; readonly exitCode: number; readonly reason: string }
  | {
      readonly event: "end";
      readonly exitCode: number;
      readonly epoch: bigint;
      readonly synced: boolean;
      /** Fees of this run, in wei of the fee token. */
      readonly spent: bigint;
      readonly behind: readonly { readonly chain: string; readonly why: string }[];
    };

/** How a keeper keeps. */
export interface KeeperOptions {
  /** Without one it never rebases, only broadcasts. */
  readonly policy?: RebasePolicy;
  readonly payment: Payment;
  /** The most that the fees of this run may come to, in wei of the fee token. */
  readonly ceiling?: bigint;
  /** Decide and quote, and send nothing. */
  readonly dryRun: boolean;
  /** How often a broadcast is sent over one lane at most. */
  readonly attempts: number;
  /** Seconds after which a message that was not executed counts as lost. */
  readonly overdueAfterSeconds: bigint;
  readonly pollOptions: PollOptions;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** How it ended. */
export interface KeeperResult {
  readonly exitCode: (typeof KEEPER_EXIT)[keyof typeof KEEPER_EXIT];
  /** The rebase that this run scheduled. */
  readonly scheduled?: ScheduledRebase;
  /** Undefined in a dry run. */
  readonly runner?: RunnerResult;
}

/**
 * One run of the keeper: rebases if that is due, brings every satellite into step, tells how long the
 * money lasts. The chains are the only memory: killed at any point and run again, or started twice at
 * once, it rebases once and broadcasts once, for the controller takes each epoch once and the broadcaster sends it once.
 */
export async function keep(
  context: OperatorContext,
  options: KeeperOptions,
): Promise<KeeperResult> {
  const { policy, payment, ceiling, dryRun, onEvent } = options;
  const { mesh } = context;
  onEvent({
    event: "start",
    mesh: mesh.config.name,
    policy,
    payment: paymentName(payment),
    ceiling,
    dryRun,
  });
  if (dryRun) return rehearse(context, options);
  const nonces = new NonceManager();
  const { scheduled, trouble, notBefore }: RebaseOutcome = policy
    ? await rebaseIfDue(context, { ...options, policy }, nonces)
    : {};
  const runner = await syncSatellites(context, {
    ...options,
    follow: true,
    nonces,
    notBefore,
  });
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  const exitCode = exitCodeOf(runner, trouble);
  onEvent({
    event: "end",
    exitCode,
    epoch: runner.status.home.epoch,
    synced: runner.synced,
    spent: runner.spent,
    behind: runner.lanes
      .filter(({ state }) => state.kind !== "in step")
      .map(({ chain, state, trouble }) => ({ chain, why: trouble ?? state.kind })),
  });
  return { exitCode, scheduled, runner };
}

function exitCodeOf({ synced, lanes }: RunnerResult, trouble: RebaseOutcome["trouble"]) {
  if (!synced && lanes.some(({ deferred }) => deferred)) return KEEPER_EXIT.deferred;
  if (!synced) return KEEPER_EXIT.behind;
  if (trouble === undefined) return KEEPER_EXIT.synced;
  return trouble === "refused" ? KEEPER_EXIT.failed : KEEPER_EXIT.deferred;
}

interface RebaseOutcome {
  readonly scheduled?: ScheduledRebase;
  /** Why a rebase that is due was not made. */
  readonly trouble?: "refused" | "kept back";
  /** The newest block of home that was seen, in which the rebase is if one was scheduled. */
  readonly notBefore?: number;
}

/** A refusal stops no broadcast: what home has told already is owed to the satellites all the same. */
async function rebaseIfDue(
  context: OperatorContext,
  options: KeeperOptions & { readonly policy: RebasePolicy },
  nonces: NonceManager,
): Promise<RebaseOutcome> {
  const { onEvent, pollOptions, payment } = options;
  const { mesh } = context;
  const schedule = async (): Promise<RebaseOutcome> => {
    await settleHome(context, operatorOf(context));
    const { status, decision } = await look(context, options);
    if (!decision.due) return { notBefore: status.home.blockNumber };
    // A rebase that nobody here can tell is not made.
    await context.signerFor(mesh.home, payerOf(mesh, payment));
    const { growthFactor } = decision;
    const epoch = status.home.epoch + 1n;
    const onSent = (hash: string) => onEvent({ event: "rebase-sent", epoch, hash });
    const request = { growthFactor };
    const scheduled = await scheduleRebase(context, epoch, request, { nonces, onSent });
    onEvent({ event: "rebase-scheduled", growth: formatGrowth(growthFactor), ...scheduled });
    return { scheduled, notBefore: scheduled.blockNumber };
  };
  const onFault = (reason: string) => onEvent({ event: "look-again", reason });
  try {
    return await throughFaults(pollOptions, onFault, schedule);
  } catch (error) {
    if (error instanceof GasPriceTooHighError) {
      onEvent({ event: "rebase-kept-back", reason: error.message });
      return { trouble: "kept back" };
    }
    const isRefused =
      error instanceof TransactionRejectedError ||
      error instanceof NoKeyError ||
      error instanceof RevertedError;
    if (!isRefused) throw error;
    onEvent({ event: "rebase-refused", reason: error.message });
    return { trouble: "refused" };
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
  onEvent({
    event: "decision",
    ...decision,
    ...(decision.due && { growth: formatGrowth(decision.growthFactor) }),
  });
  return { status, decision };
}

/** Decides and quotes. In step and nothing due is 0; what would be sent is behind until it is. */
async function rehearse(context: OperatorContext, options: KeeperOptions): Promise<KeeperResult> {
  const { mesh } = context;
  const { policy, onEvent } = options;
  const status = policy
    ? (await look(context, { ...options, policy })).status
    : await readStatus(mesh);
  const behind = status.satellites.filter(({ syncStatus }) => syncStatus !== "in step");
  onEvent({ event: "fees", lanes: await readLaneFees(mesh, mesh.satellites) });
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  const exitCode = behind.length === 0 ? KEEPER_EXIT.synced : KEEPER_EXIT.behind;
  onEvent({
    event: "end",
    exitCode,
    epoch: status.home.epoch,
    synced: behind.length === 0,
    spent: 0n,
    behind: behind.map(({ chain, syncStatus }) => ({ chain, why: syncStatus })),
  });
  return { exitCode };
}
