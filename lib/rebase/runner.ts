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

/** Events of a run; amounts in wei of the fee token. */
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
  /** The lane rejected the message in the broadcaster's attempt. Nothing was charged. */
  | {
      readonly event: "broadcast-failed";
      readonly chain: string;
      readonly epoch: bigint;
      readonly reason: string;
      readonly hash: string;
    }
  /** The lane quotes no fee, so nothing was sent over it. */
  | { readonly event: "lane-down"; readonly chain: string; readonly reason: string }
  /** The ceiling or the balance does not cover the fee, or the gas price is too high. */
  | {
      readonly event: "deferred";
      readonly chain: string;
      readonly fee: bigint;
      readonly reason: string;
    }
  /** A satellite has the home's newest epoch. */
  | { readonly event: "applied"; readonly chain: string; readonly epoch: bigint }
  /** The state of a satellite's lane, whenever it changes. */
  | {
      readonly event: "lane";
      readonly chain: string;
      readonly state: LaneState["kind"];
      readonly text: string;
    }
  | { readonly event: "retry"; readonly chain: string; readonly inSeconds: number }
  /** An unknown outcome or a conflict with another run: the chains are read again. */
  | { readonly event: "repoll"; readonly reason: string };

export interface RunnerOptions {
  /** The satellites; all of the mesh unless given. */
  readonly to?: readonly SatelliteChain[];
  /** Send once whatever the lane's state is, also to a synced satellite. */
  readonly force?: boolean;
  readonly payment: Payment;
  /** Maximum total of the fees of this run, in wei of the fee token. */
  readonly ceiling?: bigint;
  /** Maximum number of broadcasts over one lane. */
  readonly attempts: number;
  /** Seconds after which a message that was not executed is treated as lost. */
  readonly overdueAfterSeconds: bigint;
  /** True if messages are tracked until they are executed. */
  readonly follow: boolean;
  readonly pollOptions: PollOptions;
  /** Nonce manager of this run, if it has sent anything before. */
  readonly nonces?: NonceManager;
  /** Minimum block number of home, for endpoints that lag. */
  readonly notBefore?: number;
  onEvent?(event: RunnerEvent): void;
}

/** The final state of a satellite's lane. */
export interface LaneResult {
  readonly chain: string;
  readonly state: LaneState;
  /** Number of broadcasts to it in this run, or of attempts that found its lane down. */
  readonly attempts: number;
  /** The last error, decoded. */
  readonly trouble?: string;
  /** Revert data of the lane, or of the broadcaster itself, when it rejected the message. */
  readonly refusedWith?: string;
  /** True if a ceiling or the balance deferred the broadcast. */
  readonly deferred: boolean;
  /** True if a forced broadcast was requested and not sent. */
  readonly unsent: boolean;
}

export interface RunnerResult {
  readonly status: RebaseStatus;
  readonly lanes: readonly LaneResult[];
  /** Fees of this run in wei of the fee token; fees of unknown outcomes are included. */
  readonly spent: bigint;
  /** True if every satellite of the mesh is synced with home. */
  readonly synced: boolean;
}

/**
 * Syncs satellites to the home's newest epoch: sends missing broadcasts, tracks each message to its effect, and
 * resends failed ones, unless the failure is permanent. The chains are the only state: it may be killed at any
 * point and run again, or run twice at once, because the broadcaster sends an epoch once to each pending satellite.
 * @throws TransactionRejectedError when the payer's balance is too low, NoKeyError when its key is not available.
 */
export function syncSatellites(
  context: OperatorContext,
  options: RunnerOptions,
): Promise<RunnerResult> {
  return new BroadcastRunner(context, options).run();
}

/** A satellite to sync. */
interface Target {
  readonly satellite: SatelliteChain;
  state: LaneState;
  told: string;
  attempts: number;
  /** Total sleep time after which it may be retried, milliseconds. */
  retryAt: number;
  /** True if it is sent to whatever its state is, until something was sent. */
  forced: boolean;
  deferred: boolean;
  trouble?: string;
  /** Last revert data of its lane or of the broadcaster, until a message is accepted. */
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
    // A satellite that was synced from the start is not reported.
    const isNews = target.told !== "" || state.kind !== "synced";
    target.told = text;
    if (!isNews) return;
    const chain = satellite.name;
    if (state.kind === "synced") this.options.onEvent?.({ event: "applied", chain, epoch });
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
    // A permanent failure of an earlier run may be fixed by now; one of this run is not.
    return attempts === 0 || !isPermanentTrouble(target);
  }

  /** Returns whether waiting may still change the result. */
  private isOpen(): boolean {
    const { follow, pollOptions } = this.options;
    if (!follow || this.sleptMs >= pollOptions.followMs) return false;
    return this.targets.some(
      (target) => target.state.kind === "under way" || this.mayBeSent(target),
    );
  }

  /** Sends to new targets first, because the contract itself prevents sending those twice. */
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
        onEvent({ event: "deferred", chain, fee, reason });
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

  /** Counts an attempt and doubles the delay before the next one. */
  private countAttempt(target: Target): void {
    target.retryAt = this.sleptMs + this.options.pollOptions.backoffMs * 2 ** target.attempts;
    target.attempts += 1;
  }

  private async repoll(error: unknown): Promise<void> {
    this.faults += 1;
    if (this.faults > MAX_FAULTS) throw error;
    const reason = error instanceof Error ? shortMessage(error) : String(error);
    this.options.onEvent?.({ event: "repoll", reason });
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
        const isDone = state.kind === "synced" && !forced;
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
      synced: status.satellites.every(({ syncStatus }) => syncStatus === "synced"),
    };
  }
}

/** Returns whether the last failure of a satellite persists until it is fixed. */
function isPermanentTrouble({ state, refusedWith }: Target): boolean {
  if (state.kind === "without effect") return true;
  const revertData = state.kind === "failed" ? state.revertData : refusedWith;
  return revertData !== undefined && isPermanent(revertData);
}
