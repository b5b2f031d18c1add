import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import type { OperatorContext } from "../mesh/operator";
import type { SatelliteChain } from "../core/mesh/mesh";
import { GAS_PER_LANE } from "../core/laneGas";
import { withFeeMargin } from "../core/feeMargin";
import { timeNow } from "../rpc/blocks";
import { isTransportError } from "../core/endpoint/errors";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { atKnownBlock } from "../rpc/retry";
import {
  TransactionRejectedError,
  RevertedError,
  GasPriceTooHighError,
  shortMessage,
} from "../tx/errors";
import { NonceManager } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { LabelledTransaction } from "../tx/send";

import { allowance, balanceOf, erc20 } from "../rpc/erc20";
import { laneReason, readLaneFees } from "./fees";
import { isPermanent } from "./lasting";
import { laneState, laneText, needsSending } from "./lane";
import type { LaneState } from "./lane";
import type { PollOptions } from "./pace";
import { feeTokenAddress, formatFee, payerOf } from "../core/payment";
import type { Payment } from "../core/payment";
import { MAX_FAULTS } from "./retries";
import { settleHome } from "./schedule";
import { SentMessages } from "../ccip/sentBroadcast";
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
  readonly deploymentStore?: NonceManager;
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

const SENT = topicOf(abi.broadcaster, "BroadcastSent");
const FAILED = topicOf(abi.broadcaster, "BroadcastFailed");
const sentEvent = z.object({
  selector: z.bigint(),
  messageId: z.string(),
  epoch: z.bigint(),
  fee: z.bigint(),
});
const failedEvent = z.object({ selector: z.bigint(), epoch: z.bigint(), reason: z.string() });

/**
 * Brings satellites to the home's newest epoch: sends what is missing, follows each message to its
 * effect, tries again what failed, unless it failed for what no other attempt mends. The chains are the
 * only memory, so that it may be killed at any point and run again, or twice at once: what is under way
 * is followed, not sent again, and a broadcast is signed only with the nonce that its payer had at the
 * block at which it was found missing.
 * @throws RefusedError when the payer lacks money, NoKeyError when nobody here can sign for it.
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
  /** The message that the broadcaster sent last when this run looked first; undefined before that. */
  firstSeen?: string;
  deferred: boolean;
  trouble?: string;
  /** What its lane or the broadcaster reverted with last, until it takes something. */
  refusedWith?: string;
}

/** A satellite that is to be sent to, and the fee of its lane. */
interface Priced {
  readonly target: Target;
  readonly fee: bigint;
}

class BroadcastRunner {
  private readonly targets: Target[];
  private readonly messages: SentMessages;
  private readonly deploymentStore: NonceManager;
  private readonly payer: string;
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
    this.deploymentStore = options.deploymentStore ?? new NonceManager();
    this.payer = payerOf(mesh, options.payment);
    this.notBefore = options.notBefore ?? 0;
  }

  async run(): Promise<RunnerResult> {
    for (;;) {
      try {
        const status = await this.look();
        const due = this.targets.filter((target) => this.isDue(target));
        if (due.length > 0) await this.send(status, due);
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
    await settleHome(this.context, this.payer);
    const status = await readStatus(mesh, this.notBefore);
    this.notBefore = status.home.blockNumber;
    const timestamp = timeNow(mesh.config.live, status.home.timestamp);
    await Promise.all(
      this.targets.map(async (target) => {
        const { satellite } = target;
        target.state = await laneState(
          satellite,
          { ...status.home, timestamp },
          satelliteStatus(status, satellite.name),
          this.messages,
          this.options.overdueAfterSeconds,
        );
      }),
    );
    for (const target of this.targets) {
      this.unforceOnceSent(target, status);
      this.tell(target, status.home.epoch);
    }
    return status;
  }

  /** A send of which nobody knew what became has gone out after all, or somebody else's has. */
  private unforceOnceSent(target: Target, status: RebaseStatus): void {
    const { destination } = satelliteStatus(status, target.satellite.name);
    if (!destination) return;
    target.firstSeen ??= destination.lastMessageId;
    const isSent =
      destination.lastMessageId !== target.firstSeen && destination.lastEpoch === status.home.epoch;
    if (isSent) target.forced = false;
  }

  private tell(target: Target, epoch: bigint): void {
    const { state, satellite } = target;
    const text = laneText(state);
    if (text === target.told) return;
    // Who was in step from the beginning is no news.
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
    // What an earlier run met may have been mended since; what this one has met is there still.
    return attempts === 0 || !isPermanentFailure(target);
  }

  /** Whether something may still come of waiting. */
  private isOpen(): boolean {
    const { follow, pollOptions } = this.options;
    if (!follow || this.sleptMs >= pollOptions.followMs) return false;
    return this.targets.some(
      (target) => target.state.kind === "under way" || this.mayBeSent(target),
    );
  }

  private async send(status: RebaseStatus, due: readonly Target[]): Promise<void> {
    const { mesh } = this.context;
    const { home } = mesh;
    const { token } = this.options.payment;
    const nonce = await atKnownBlock(() =>
      home.provider.getTransactionCount(this.payer, status.home.blockNumber),
    );
    const at = await pinLatest(home.name, home.provider, this.notBefore);
    const quotes = await readLaneFees(
      mesh,
      due.map(({ satellite }) => satellite),
      at,
    );
    const balances = await this.balances(at);
    const left = this.options.ceiling === undefined ? undefined : this.options.ceiling - this.spent;
    const chosen: Priced[] = [];
    let total = 0n;
    for (const target of due) {
      const quote = quotes.find(({ chain }) => chain === target.satellite.name);
      const fee = quote?.[token] ?? 0n;
      const chain = target.satellite.name;
      if (fee === 0n) {
        const reason = quote?.down ?? "it quotes no fee";
        this.options.onEvent?.({ event: "lane-down", chain, reason });
        this.failed(target, reason, quote?.revertData);
      } else if (left !== undefined && total + fee > left) {
        this.keepBack(
          target,
          fee,
          `above the fee ceiling, of which ${this.feeText(left - total)} is left`,
        );
      } else if (total + fee > balances.amount) {
        this.keepBack(target, fee, balances.lacks(this.feeText(balances.amount - total)));
      } else {
        chosen.push({ target, fee });
        total += fee;
      }
    }
    if (chosen.length > 0) await this.broadcast(chosen, total, { nonce, left });
  }

  /** What can be spent on fees, and what is said of a fee that it does not cover. */
  private async balances(at: PinnedChain) {
    const { home } = this.context.mesh;
    const { payment } = this.options;
    const { broadcaster } = home.contracts;
    const isTreasury = payment.from === "treasury";
    const account = isTreasury ? broadcaster : this.payer;
    const [held, budget] = await Promise.all([
      payment.token === "link" ? balanceOf(at, home.ccip.link, account) : at.getBalance(account),
      isTreasury
        ? contractAt
            .broadcaster(broadcaster, at)
            .getTreasuryBudget(feeTokenAddress(this.context.mesh, payment))
        : undefined,
    ]);
    if (budget && budget.left < held) {
      const perDay = this.feeText(budget.perDay);
      return {
        amount: budget.left,
        lacks: (left: string) =>
          `of the treasury's budget, ${perDay} a day, ${left} is left until midnight UTC: wait, or raise broadcaster.treasuryBudgetPerDay in the mesh file`,
      };
    }
    const of = isTreasury ? "the treasury" : account;
    return { amount: held, lacks: (left: string) => `${of} holds ${left}: fund it` };
  }

  private async broadcast(
    priced: readonly Priced[],
    total: bigint,
    { nonce, left }: { readonly nonce: number; readonly left: bigint | undefined },
  ): Promise<void> {
    const { home } = this.context.mesh;
    const chosen = priced.map(({ target }) => target);
    const signer = await this.context.signerFor(home, this.payer);
    const generous = withFeeMargin(total);
    const maxFee = left !== undefined && left < generous ? left : generous;
    const transactions = await this.transactions(chosen, maxFee, total);
    const outcomes = await sendTransactions(
      home,
      signer,
      transactions.map((transaction, i) => ({ ...transaction, nonce: nonce + i })),
      { ...this.context.sendOptions(home), deploymentStore: this.deploymentStore },
    );
    const last = outcomes.at(-1);
    const error = outcomes.find((outcome) => outcome.error)?.error;
    if (error instanceof RevertedError) {
      chosen.forEach((target) => this.failed(target, error.reason, error.revertData));
    } else if (error instanceof GasPriceTooHighError) {
      priced.forEach(({ target, fee }) => this.keepBack(target, fee, error.reason));
    } else if (error instanceof TransactionRejectedError) {
      throw error;
    } else if (error) {
      // It may have been taken: what it may have cost is not there for others.
      if (error.name !== "NonceTakenError") this.spent += total;
      await this.repoll(error);
    } else if (last?.receipt) {
      this.notBefore = Math.max(this.notBefore, last.receipt.blockNumber);
      this.account(chosen, last.receipt);
    }
  }

  private async transactions(
    chosen: readonly Target[],
    maxFee: bigint,
    total: bigint,
  ): Promise<LabelledTransaction[]> {
    const { mesh } = this.context;
    const { home } = mesh;
    const { payment } = this.options;
    const to = home.contracts.broadcaster;
    const selectors = chosen.map(({ satellite }) => satellite.selector);
    const feeToken = feeTokenAddress(mesh, payment);
    const args: [bigint[], string, bigint] = [selectors, feeToken, maxFee];
    const broadcast = {
      label: `broadcast to ${chosen.map(({ satellite }) => satellite.name).join(", ")}`,
      to,
      data:
        payment.from === "treasury"
          ? abi.broadcaster.encodeFunctionData("broadcastFromTreasury", args)
          : abi.broadcaster.encodeFunctionData("broadcast", args),
      ...(payment.token === "native" && payment.from === "caller" && { value: maxFee }),
    };
    if (payment.token === "native" || payment.from === "treasury") return [broadcast];
    const allowed = await allowance(home.provider, feeToken, this.payer, to);
    if (allowed >= total) return [broadcast];
    // The broadcast cannot be estimated before the allowance is there: it gets what its lanes need.
    const gasLimit = GAS_AROUND_LANES + GAS_PER_LANE * BigInt(chosen.length);
    return [
      {
        label: `allow the broadcaster ${this.feeText(maxFee)}`,
        to: feeToken,
        data: erc20.encodeFunctionData("approve", [to, maxFee]),
      },
      { ...broadcast, gasLimit },
    ];
  }

  private account(
    chosen: readonly Target[],
    receipt: {
      readonly hash: string;
      readonly logs: readonly { address: string; topics: readonly string[]; data: string }[];
    },
  ): void {
    const { home } = this.context.mesh;
    const { hash } = receipt;
    const targetOf = (selector: bigint) =>
      chosen.find(({ satellite }) => satellite.selector === selector);
    for (const log of receipt.logs) {
      if (log.address !== home.contracts.broadcaster) continue;
      if (log.topics[0] === SENT) {
        const { selector, messageId, epoch, fee } = decodeEvent(
          abi.broadcaster,
          "BroadcastSent",
          log,
          sentEvent,
        );
        const target = targetOf(selector);
        if (!target) continue;
        this.spent += fee;
        target.forced = false;
        target.refusedWith = undefined;
        this.attempted(target);
        const chain = target.satellite.name;
        const feeToken = this.options.payment.token;
        this.options.onEvent?.({
          event: "broadcast-sent",
          chain,
          epoch,
          messageId,
          fee,
          feeToken,
          hash,
        });
      } else if (log.topics[0] === FAILED) {
        const {
          selector,
          epoch,
          reason: data,
        } = decodeEvent(abi.broadcaster, "BroadcastFailed", log, failedEvent);
        const target = targetOf(selector);
        if (!target) continue;
        const reason = laneReason(data);
        const chain = target.satellite.name;
        this.options.onEvent?.({ event: "broadcast-failed", chain, epoch, reason, hash });
        this.failed(target, reason, data);
      }
    }
  }

  private failed(target: Target, reason: string, revertData?: string): void {
    target.trouble = reason;
    target.refusedWith = revertData;
    this.attempted(target);
    this.tellRetry(target);
  }

  /** Counts an attempt; the next one waits twice as long as the one before. */
  private attempted(target: Target): void {
    target.retryAt = this.sleptMs + this.options.pollOptions.backoffMs * 2 ** target.attempts;
    target.attempts += 1;
  }

  private feeText(fee: bigint): string {
    return formatFee(fee, this.options.payment.token, this.context.mesh.home.name);
  }

  private keepBack(target: Target, fee: bigint, reason: string): void {
    target.deferred = true;
    target.trouble = `a fee of ${this.feeText(fee)} is not spent: ${reason}`;
    this.options.onEvent?.({ event: "kept-back", chain: target.satellite.name, fee, reason });
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
function isPermanentFailure({ state, refusedWith }: Target): boolean {
  if (state.kind === "without effect") return true;
  const revertData = state.kind === "failed" ? state.revertData : refusedWith;
  return revertData !== undefined && isPermanent(revertData);
}

/** Gas of a broadcast beside that of its lanes. */
const GAS_AROUND_LANES = 200_000n;
