import type { SatelliteChain } from "../core/mesh/mesh";
import { formatFee, payerOf } from "../core/payment";
import type { Payment } from "../core/payment";
import { isPermanent } from "../core/reasons/catalogue";
import { decode } from "../core/revert/revertChain";
import { SentMessages } from "../ccip/sentBroadcast";
import type { OperatorContext } from "../mesh/operator";
import { timeNow } from "../rpc/blocks";
import { NonceManager } from "../tx/nonces";

import { settleHome } from "./controller";
import { laneState, laneText, needsSending } from "./laneState";
import type { LaneState } from "./laneState";
import { retryTransient } from "./retryPolicy";
import type { PollOptions } from "./retryPolicy";
import { sendBroadcast } from "./sendBroadcast";
import type { LaneOutcome } from "./sendBroadcast";
import { readStatus, satelliteStatus } from "./status";
import type { RebaseStatus } from "./status";

/** Events of a run. */
export type RunnerEvent =
  | LaneOutcome
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
  readonly ceiling?: bigint | undefined;
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
  readonly notBefore?: number | undefined;
  readonly onEvent: (event: RunnerEvent) => void;
}

/** The outcome of a run. */
export type RunnerResult = Awaited<ReturnType<BroadcastRunner["run"]>>;

/** The final state of a satellite's lane. */
export type LaneResult = RunnerResult["lanes"][number];

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
  /** The last state that was reported. */
  reported: string;
  attempts: number;
  /** Total sleep time after which it may be retried, milliseconds. */
  retryAt: number;
  /** The outcome of the last broadcast of this run. */
  last?: LaneOutcome;
}

class BroadcastRunner {
  private readonly targets: Target[];
  private readonly messages: SentMessages;
  private readonly nonces: NonceManager;
  private spent = 0n;
  private sleptMs = 0;
  private notBefore: number;

  constructor(
    private readonly context: OperatorContext,
    private readonly options: RunnerOptions,
  ) {
    const { mesh } = context;
    this.targets = (options.to ?? mesh.satellites).map((satellite) => ({
      satellite,
      state: { kind: "not sent" },
      reported: "",
      attempts: 0,
      retryAt: 0,
    }));
    this.messages = new SentMessages(mesh.home);
    this.nonces = options.nonces ?? new NonceManager();
    this.notBefore = options.notBefore ?? 0;
  }

  async run() {
    const { pollMs } = this.options.pollOptions;
    const polling = { pollMs, sleep: (milliseconds: number) => this.sleep(milliseconds) };
    const onTransient = (reason: string) => this.options.onEvent({ event: "repoll", reason });
    for (;;) {
      const status = await retryTransient(polling, onTransient, () => this.step());
      if (status) return this.result(status);
    }
  }

  /** Reads the chains, and sends or waits; returns the status when nothing is left to do. */
  private async step(): Promise<RebaseStatus | undefined> {
    const status = await this.refresh();
    const due = this.targets.filter((target) => this.isDue(target));
    if (due.length > 0) await this.send(due);
    else if (!this.isOpen()) return status;
    else await this.sleep(this.options.pollOptions.pollMs);
    return undefined;
  }

  private async refresh(): Promise<RebaseStatus> {
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
    for (const target of this.targets) this.report(target, home.epoch);
    return status;
  }

  private report(target: Target, epoch: bigint): void {
    const { state, satellite, reported } = target;
    const { onEvent } = this.options;
    const chain = satellite.name;
    const text = laneText(state);
    if (text === reported) return;
    target.reported = text;
    if (state.kind !== "synced") onEvent({ event: "lane", chain, state: state.kind, text });
    // A satellite that was synced from the start is not reported.
    else if (reported !== "") onEvent({ event: "applied", chain, epoch });
    if (target.attempts > 0) this.reportRetry(target);
  }

  private reportRetry(target: Target): void {
    if (!this.options.follow || !this.mayBeSent(target)) return;
    const inSeconds = Math.max(0, Math.ceil((target.retryAt - this.sleptMs) / 1_000));
    this.options.onEvent({ event: "retry", chain: target.satellite.name, inSeconds });
  }

  /** Returns whether a broadcast was requested whatever the state is, and not sent. */
  private isUnsent({ last }: Target): boolean {
    return this.options.force === true && last?.event !== "broadcast-sent";
  }

  private isDue(target: Target): boolean {
    if (this.isUnsent(target) && !target.last) return target.state.kind !== "unknown";
    return this.mayBeSent(target) && target.retryAt <= this.sleptMs;
  }

  private mayBeSent(target: Target): boolean {
    const { state, attempts, last } = target;
    if (!needsSending(state) || attempts >= this.options.attempts) return false;
    // A permanent failure of an earlier run may be fixed by now; one of this run is not.
    return last?.event !== "deferred" && (attempts === 0 || !isPermanentFailure(target));
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
    const { payment, ceiling, onEvent } = this.options;
    const pending = due.filter(
      (target) => target.state.kind === "not sent" && !this.isUnsent(target),
    );
    const chosen = pending.length > 0 ? pending : due;
    const { lanes, spent, blockNumber, unclear } = await sendBroadcast(this.context, {
      satellites: chosen.map(({ satellite }) => satellite),
      onlyPending: pending.length > 0,
      payment,
      ...(ceiling !== undefined && { ceiling: ceiling - this.spent }),
      notBefore: this.notBefore,
      nonces: this.nonces,
    });
    this.spent += spent;
    this.notBefore = blockNumber ?? this.notBefore;
    for (const lane of lanes) {
      const target = chosen.find(({ satellite }) => satellite.name === lane.chain);
      if (!target) continue;
      target.last = lane;
      onEvent(lane);
      if (lane.event === "deferred") continue;
      target.retryAt = this.sleptMs + this.options.pollOptions.backoffMs * 2 ** target.attempts;
      target.attempts += 1;
      if (lane.event !== "broadcast-sent") this.reportRetry(target);
    }
    if (unclear) throw unclear;
  }

  private async sleep(milliseconds: number): Promise<void> {
    await this.options.pollOptions.sleep(milliseconds);
    this.sleptMs += milliseconds;
  }

  private result(status: RebaseStatus) {
    return {
      status,
      lanes: this.targets.map((target) => {
        const { satellite, state, attempts, last } = target;
        const unsent = this.isUnsent(target);
        const isDone = state.kind === "synced" && !unsent;
        return {
          chain: satellite.name,
          state,
          /** Number of broadcasts to it in this run, or of attempts that found its lane down. */
          attempts,
          /** The reason why the last broadcast was not sent, decoded. */
          trouble: isDone ? undefined : this.troubleOf(last),
          /** Revert data of the lane, or of the broadcaster itself, when it rejected the message. */
          refusedWith: isDone ? undefined : refusalOf(last),
          /** True if a ceiling or the balance deferred the broadcast. */
          deferred: last?.event === "deferred",
          /** True if a forced broadcast was requested and not sent. */
          unsent,
        };
      }),
      /** Fees of this run in wei of the fee token; fees of unknown outcomes are included. */
      spent: this.spent,
      /** True if every satellite of the mesh is synced with home. */
      synced: status.satellites.every(({ syncStatus }) => syncStatus === "synced"),
    };
  }

  private troubleOf(last: LaneOutcome | undefined): string | undefined {
    if (!last || last.event === "broadcast-sent") return undefined;
    if (last.event !== "deferred") return last.reason;
    const fee = formatFee(last.fee, this.options.payment.token, this.context.mesh.home.name);
    return `a fee of ${fee} is not spent: ${last.reason}`;
  }
}

function refusalOf(last: LaneOutcome | undefined): string | undefined {
  return last && "revertData" in last ? last.revertData : undefined;
}

/** Returns whether the last failure of a satellite persists until it is fixed. */
function isPermanentFailure({ state, last }: Target): boolean {
  if (state.kind === "without effect") return true;
  const revertData = state.kind === "failed" ? state.revertData : refusalOf(last);
  return revertData !== undefined && isPermanent(decode(revertData));
}
