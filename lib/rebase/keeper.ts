import type { Desk } from "../mesh/desk/desk";
import { NoKeyError } from "../mesh/signing";
import { pinLatest } from "../rpc/pinned";
import { RefusedError, RevertedError, TooDearError } from "../tx/errors";
import { NonceBook } from "../tx/nonces";

import { readController } from "./controller";
import type { ScheduledRebase } from "./controller";
import { bringIntoStep } from "./courier";
import type { CourierEvent, CourierResult } from "./courier";
import { readLaneFees, readRunway } from "./fees";
import type { LaneFee, Runway } from "./fees";
import { formatGrowth } from "./growth";
import type { Pace } from "./pace";
import { payerOf, paymentName } from "./payment";
import type { Payment } from "./payment";
import { decide } from "./policy";
import type { Decision, RebasePolicy } from "./policy";
import { mayPass, throughFaults } from "./retries";
import { operatorOf, scheduleRebase, settleHome } from "./schedule";
import { readStatus } from "./status";
import type { RebaseStatus } from "./status";

/** Exit codes of a keeper's run. */
export const KEEPER_EXIT = {
  /** Every satellite has the home's whole state. */
  inStep: 0,
  /** Something failed, or a rebase was due and refused; what could be broadcast was. */
  failed: 1,
  /** A satellite is behind at the end. */
  behind: 2,
  /** Worth running again later: a ceiling, of fees or of the gas price, or an empty purse kept something back. */
  keptBack: 3,
} as const;

/** What a keeper tells, one line each. */
export type KeeperEvent =
  | CourierEvent
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
      readonly inStep: boolean;
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
  readonly pace: Pace;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** How it ended. */
export interface KeeperResult {
  readonly exitCode: (typeof KEEPER_EXIT)[keyof typeof KEEPER_EXIT];
  /** The rebase that this run scheduled. */
  readonly scheduled?: ScheduledRebase;
  /** Undefined in a dry run. */
  readonly courier?: CourierResult;
}

/**
 * One run of the keeper: rebases if that is due, brings every satellite into step, tells how long the
 * money lasts. The chains are the only memory: killed at any point and run again, or started twice at
 * once, it rebases once and broadcasts once. That rests on the nonce of the account that signs, on
 * the controller's interval, and on following what is under way.
 */
export async function keep(desk: Desk, options: KeeperOptions): Promise<KeeperResult> {
  const { policy, payment, ceiling, dryRun, onEvent } = options;
  const { mesh } = desk;
  onEvent({
    event: "start",
    mesh: mesh.config.name,
    policy,
    payment: paymentName(payment),
    ceiling,
    dryRun,
  });
  if (dryRun) return rehearse(desk, options);
  const book = new NonceBook();
  const { scheduled, trouble, notBefore }: RebaseOutcome = policy
    ? await rebaseIfDue(desk, { ...options, policy }, book)
    : {};
  const courier = await bringIntoStep(desk, { ...options, follow: true, book, notBefore });
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  const exitCode = exitCodeOf(courier, trouble);
  onEvent({
    event: "end",
    exitCode,
    epoch: courier.status.home.epoch,
    inStep: courier.inStep,
    spent: courier.spent,
    behind: courier.lanes
      .filter(({ state }) => state.kind !== "in step")
      .map(({ chain, state, trouble }) => ({ chain, why: trouble ?? state.kind })),
  });
  return { exitCode, scheduled, courier };
}

function exitCodeOf({ inStep, lanes }: CourierResult, trouble: RebaseOutcome["trouble"]) {
  if (!inStep && lanes.some(({ keptBack }) => keptBack)) return KEEPER_EXIT.keptBack;
  if (!inStep) return KEEPER_EXIT.behind;
  if (trouble === undefined) return KEEPER_EXIT.inStep;
  return trouble === "refused" ? KEEPER_EXIT.failed : KEEPER_EXIT.keptBack;
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
  desk: Desk,
  options: KeeperOptions & { readonly policy: RebasePolicy },
  book: NonceBook,
): Promise<RebaseOutcome> {
  const { onEvent, pace, payment } = options;
  const schedule = async (): Promise<RebaseOutcome> => {
    let epoch = 0n;
    try {
      await settleHome(desk, operatorOf(desk));
      const { status, decision } = await look(desk, options);
      if (!decision.due) return { notBefore: status.home.blockNumber };
      // A rebase that nobody here can tell is not made.
      await desk.signerFor(desk.mesh.home, payerOf(desk.mesh, payment));
      const { growthFactor } = decision;
      epoch = status.home.epoch + 1n;
      const scheduled = await scheduleRebase(
        desk,
        status,
        { growthFactor },
        {
          book,
          onSent: (hash) => onEvent({ event: "rebase-sent", epoch, hash }),
        },
      );
      onEvent({ event: "rebase-scheduled", growth: formatGrowth(growthFactor), ...scheduled });
      return { scheduled, notBefore: scheduled.blockNumber };
    } catch (error) {
      if (error instanceof TooDearError) {
        onEvent({ event: "rebase-kept-back", reason: error.message });
        return { trouble: "kept back" };
      }
      const isFinal =
        error instanceof RefusedError ||
        error instanceof NoKeyError ||
        error instanceof RevertedError;
      if (!isFinal || (error instanceof RevertedError && (await isOvertaken(desk, epoch)))) {
        throw error;
      }
      onEvent({ event: "rebase-refused", reason: error.message });
      return { trouble: "refused" };
    }
  };
  return throughFaults(
    pace,
    (reason) => onEvent({ event: "look-again", reason }),
    schedule,
    // What the controller refuses to somebody who was overtaken is decided anew.
    (error) => error instanceof RevertedError || mayPass(error),
  );
}

/** Whether somebody else has made the epoch meanwhile, which is why the controller refuses it to us. */
async function isOvertaken({ mesh }: Desk, epoch: bigint): Promise<boolean> {
  return (await readStatus(mesh)).home.epoch >= epoch;
}

async function look(
  { mesh }: Desk,
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
async function rehearse(desk: Desk, options: KeeperOptions): Promise<KeeperResult> {
  const { mesh } = desk;
  const { policy, onEvent } = options;
  const status = policy
    ? (await look(desk, { ...options, policy })).status
    : await readStatus(mesh);
  const behind = status.satellites.filter(({ standing }) => standing !== "in step");
  onEvent({ event: "fees", lanes: await readLaneFees(mesh, mesh.satellites) });
  onEvent({ event: "runway", ...(await readRunway(mesh)) });
  const exitCode = behind.length === 0 ? KEEPER_EXIT.inStep : KEEPER_EXIT.behind;
  onEvent({
    event: "end",
    exitCode,
    epoch: status.home.epoch,
    inStep: behind.length === 0,
    spent: 0n,
    behind: behind.map(({ chain, standing }) => ({ chain, why: standing })),
  });
  return { exitCode };
}
