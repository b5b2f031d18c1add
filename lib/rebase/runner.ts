import { isTransportError } from "../core/endpoint/errors";
import type { SatelliteChain } from "../core/mesh/mesh";
import { formatFee, payerOf } from "../core/payment";
import type { Payment } from "../core/payment";
import { SentMessages } from "../ccip/sentBroadcast";
import type { OperatorContext } from "../mesh/operator";
import { timeNow } from "../rpc/blocks";
import { shortMessage } from "../tx/errors";
import { NonceManager } from "../tx/nonces";

import { laneState, laneText, needsSending } from "./laneState";
import type { LaneState } from "./laneState";
import { isPermanent } from "./permanent";
import type { PollOptions } from "./pollOptions";
import { MAX_FAULTS } from "./retryPolicy";
import { settleHome } from "./schedule";
import { sendBroadcast } from "./sendBroadcast";
import type { LaneOutcome } from "./sendBroadcast";
import { readStatus, satelliteStatus } from "./status";
import type { RebaseStatus } from "./status";

/** What happens on the way; amounts in wei of the fee token. */
export type RunnerEvent =
  | {
      readonly event: "broadcast-sent";
      readonly chain: string;
      readonly epoch: bigint;
      readonly messageId: string;
      readonly fee: bigint;
      readonly feeToken: Payment["token"];
      readonly hash: string;
    }
  /** The broadcaster tried the lane, and it did not take the message. Nothing was charged. */
  | {
      readonly event: "broadcast-failed";
      readonly chain: string;
      readonly epoch: bigint;
      readonly reason: string;
      readonly hash: string;
    }
  /** The lane quotes no fee, so that nothing was sent over it. */
  | { readonly event: "lane-down"; readonly chain: string; readonly reason: string }
  /** The ceiling or the purse does not cover the fee, or gas costs too much. */
  | {
      readonly event: "kept-back";
      readonly chain: string;
      readonly fee: bigint;
      readonly reason: string;
    }
  /** A satellite has the home's newest epoch. */
  | { readonly event: "applied"; readonly chain: string; readonly epoch: bigint }
  /** How far a satellite is, whenever that changes. */
  | {
      readonly event: "lane";
      readonly chain: string;
      readonly state: LaneState["kind"];
      readonly text: string;
    }
  | { readonly event: "retry"; readonly chain: string; readonly inSeconds: number }
  /** Nobody knows, or somebody was faster: the chains are looked at again. */
  | { readonly event: "look-again"; readonly reason: string };

/** How satellites are brought into step. */
export interface RunnerOptions {
  /** All of the mesh unless named. */
  readonly to?: readonly SatelliteChain[];
  /** Send once whatever is known of the lane, also to a satellite that is in step. */
  readonly force?: boolean;
  readonly payment: Payment;
  /** The most that all fees of this run may come to, in wei of the fee token. */
  readonly ceiling?: bigint;
  /** How often a broadcast is sent over one lane at most. */
  readonly attempts: number;
  /** Seconds after which a message that was not executed counts as lost. */
  readonly overdueAfterSeconds: bigint;
  /** Whether messages are followed until they are executed. */
  readonly follow: boolean;
  readonly pollOptions: PollOptions;
  /** Nonces of this run, if it has sent something before. */
  readonly nonces?: NonceManager;
  /** A block of home that is known already: no look is at an older one, however an endpoint lags. */
  readonly notBefore?: number;
  onEvent?(event: RunnerEvent): void;
}

/** Where a satellite stands at the end. */
export interface LaneResult {
  readonly chain: string;
  readonly state: LaneState;
  /** How often this run sent to it, or found its lane down. */
  readonly attempts: number;
  /** What went wrong last, decoded. */
  readonly trouble?: string;
  /** What a lane, or the broadcaster itself, reverted with and took nothing. */
  readonly refusedWith?: string;
  /** Whether a ceiling or the purse kept the broadcast back. */
  readonly deferred: boolean;
  /** Whether it was to be sent to whatever it knows, and nothing was sent. */
  readonly unsent: boolean;
}

/** How it ended. */
export interface RunnerResult {
  readonly status: RebaseStatus;
  readonly lanes: readonly LaneResult[];
  /** Fees of this run in wei of the fee token; what may have been spent is counted as spent. */
  readonly spent: bigint;
  /** Whether every satellite of the mesh has the home's whole state. */
  readonly synced: boolean;
}

/**
 * Brings satellites to the home's newest epoch: sends what is missing, follows each message to its effect, sends again
 * what failed, unless it failed for what no other attempt repairs. The chains are the only memory: it may be killed at any
 * point and run again, or twice at once, for the broadcaster sends an epoch once to whoever it is pending for.
 * @throws TransactionRejectedError when the payer lacks money, NoKeyError when nobody here can sign for it.
 */
export function syncSatellites(
  context: OperatorContext,
  options: RunnerOptions,
): Promise<RunnerResult> {
  return new BroadcastRunner(context, options).run();
}

/** A satellite on the list. */
interface Target {
  readonly satellite: SatelliteChain;
  state: LaneState;
  told: string;
  attempts: number;
  /** Not before so much time has been slept, milliseconds. */
  retryAt: number;
  /** To be sent to whatever it knows, until something is sent. */
  forced: boolean;
  deferred: boolean;
  trouble?: string;
  /** What its lane or the broadcaster reverted with last, until it takes something. */
  refusedWith?: string;
}

class BroadcastRunner {
  private readonly targets: Target[];
  private readonly messages: SentMessages;
  private readonly nonces: NonceManager;
  private spent = 0n;
  private sleptMs = 0;
  private faults = 0;
  private notBefore: number;

  constructor(
    private readonly context: OperatorContext,
    private readonly options: RunnerOptions,
  ) {
    const { mesh } = context;
    this.targets = (options.to ?? mesh.satellites).map((satellite) => ({
      satellite,
      state: { kind: "not sent" },
      told: "",
      attempts: 0,
      retryAt: 0,
      forced: options.force ?? false,
      deferred: false,
    }));
    this.messages = new SentMessages(mesh.home);
    this.nonces = options.nonces ?? new NonceManager();
    this.notBefore = options.notBefore ?? 0;
  }

  async run(): Promise<RunnerResult> {
    for (;;) {
      try {
        const status = await this.look();
        const due = this.targets.filter((target) => this.isDue(target));
        if (due.length > 0) await this.send(due);
        else if (!this.isOpen()) return this.result(status);
        else await this.sleep(this.options.pollOptions.pollMs);
      } catch (error) {
        if (!isTransportError(error)) throw error;
        await this.repoll(error);
      }
    }
  }

  private async look(): Promise<RebaseStatus> {
    const { mesh } = this.context;
    await settleHome(this.context, payerOf(mesh, this.options.payment));
    const status = await readStatus(mesh, this.notBefore);
    this.notBefore = status.home.blockNumber;
    const home = { ...status.home, timestamp: timeNow(mesh.config.live, status.home.timestamp) };
    await Promise.all(
      this.targets.map(async (target) => {
        target.state = await laneState(
          target.satellite,
          home,
          satelliteStatus(status, target.satellite.name),
          this.messages,
          this.options.overdueAfterSeconds,
        );
      }),
    );
    for (const target of this.targets) this.tell(target, home.epoch);
    return status;
  }

  private tell(target: Target, epoch: bigint): void {
    const { state, satellite } = target;
    const text = laneText(state);
    if (text === target.told) return;
    // Who was synced from the beginning is no news.
    const isNews = target.told !== "" || state.kind !== "in step";
    target.told = text;
    if (!isNews) return;
    const chain = satellite.name;
    if (state.kind === "in step") this.options.onEvent?.({ event: "applied", chain, epoch });
    else this.options.onEvent?.({ event: "lane", chain, state: state.kind, text });
    if (target.attempts > 0 && needsSending(state)) this.tellRetry(target);
  }

  private tellRetry(target: Target): void {
    if (!this.options.follow || !this.mayBeSent(target)) return;
    const inSeconds = Math.max(0, Math.ceil((target.retryAt - this.sleptMs) / 1_000));
    this.options.onEvent?.({ event: "retry", chain: target.satellite.name, inSeconds });
  }

  private isDue(target: Target): boolean {
    const { forced, attempts, deferred, state } = target;
    if (forced && attempts === 0 && !deferred) return state.kind !== "unknown";
    return this.mayBeSent(target) && target.retryAt <= this.sleptMs;
  }

  private mayBeSent(target: Target): boolean {
    const { state, attempts, deferred } = target;
    if (!needsSending(state) || attempts >= this.options.attempts || deferred) return false;
    // What an earlier run met may have been repaired since; what this one has met is there still.
    return attempts === 0 || !isPermanentTrouble(target);
  }

  /** Whether something may still come of waiting. */
  private isOpen(): boolean {
    const { follow, pollOptions } = this.options;
    if (!follow || this.sleptMs >= pollOptions.followMs) return false;
    return this.targets.some(
      (target) => target.state.kind === "under way" || this.mayBeSent(target),
    );
  }

  /** What was not sent yet goes first, for the chain itself keeps that from being sent twice. */
  private async send(due: readonly Target[]): Promise<void> {
    const { payment, ceiling } = this.options;
    const pending = due.filter(({ forced, state }) => !forced && state.kind === "not sent");
    const chosen = pending.length > 0 ? pending : due;
    const { lanes, spent, receipt, unclear } = await sendBroadcast(this.context, {
      satellites: chosen.map(({ satellite }) => satellite),
      onlyPending: pending.length > 0,
      payment,
      ...(ceiling !== undefined && { ceiling: ceiling - this.spent }),
      notBefore: this.notBefore,
      nonces: this.nonces,
    });
    this.spent += spent;
    if (receipt) this.notBefore = Math.max(this.notBefore, receipt.blockNumber);
    for (const lane of lanes) {
      const target = chosen.find(({ satellite }) => satellite === lane.satellite);
      if (target) this.record(target, lane, receipt?.hash ?? "");
    }
    if (unclear) await this.repoll(unclear);
  }

  private record(target: Target, lane: LaneOutcome, hash: string): void {
    const { payment } = this.options;
    const onEvent = (event: RunnerEvent) => this.options.onEvent?.(event);
    const chain = target.satellite.name;
    switch (lane.kind) {
      case "sent": {
        const { epoch, messageId, fee } = lane;
        target.forced = false;
        target.refusedWith = undefined;
        this.countAttempt(target);
        onEvent({
          event: "broadcast-sent",
          chain,
          epoch,
          messageId,
          fee,
          feeToken: payment.token,
          hash,
        });
        return;
      }
      case "deferred": {
        const { fee, reason } = lane;
        target.deferred = true;
        const text = formatFee(fee, payment.token, this.context.mesh.home.name);
        target.trouble = `a fee of ${text} is not spent: ${reason}`;
        onEvent({ event: "kept-back", chain, fee, reason });
        return;
      }
      case "refused":
      case "down": {
        const { reason, revertData } = lane;
        if (lane.kind === "down") onEvent({ event: "lane-down", chain, reason });
        else onEvent({ event: "broadcast-failed", chain, epoch: lane.epoch, reason, hash });
        target.trouble = reason;
        target.refusedWith = revertData;
        this.countAttempt(target);
        this.tellRetry(target);
      }
    }
  }

  /** Counts an attempt; the next one waits twice as long as the one before. */
  private countAttempt(target: Target): void {
    target.retryAt = this.sleptMs + this.options.pollOptions.backoffMs * 2 ** target.attempts;
    target.attempts += 1;
  }

  private async repoll(error: unknown): Promise<void> {
    this.faults += 1;
    if (this.faults > MAX_FAULTS) throw error;
    const reason = error instanceof Error ? shortMessage(error) : String(error);
    this.options.onEvent?.({ event: "look-again", reason });
    await this.sleep(this.options.pollOptions.pollMs);
  }

  private async sleep(milliseconds: number): Promise<void> {
    await this.options.pollOptions.sleep(milliseconds);
    this.sleptMs += milliseconds;
  }

  private result(status: RebaseStatus): RunnerResult {
    return {
      status,
      lanes: this.targets.map((target) => {
        const { satellite, state, attempts, trouble, refusedWith, deferred, forced } = target;
        const isDone = state.kind === "in step" && !forced;
        return {
          chain: satellite.name,
          state,
          attempts,
          ...(trouble !== undefined && !isDone && { trouble }),
          ...(refusedWith !== undefined && !isDone && { refusedWith }),
          deferred,
          unsent: forced,
        };
      }),
      spent: this.spent,
      synced: status.satellites.every(({ syncStatus }) => syncStatus === "in step"),
    };
  }
}

/** Whether what stopped a satellite last is there until somebody puts it right. */
function isPermanentTrouble({ state, refusedWith }: Target): boolean {
  if (state.kind === "without effect") return true;
  const revertData = state.kind === "failed" ? state.revertData : refusedWith;
  return revertData !== undefined && isPermanent(revertData);
}
