import { MaxUint256 } from "ethers";
import type { TransactionReceipt } from "ethers";
import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import { withFeeMargin } from "../core/feeMargin";
import { GAS_PER_LANE } from "../core/laneGas";
import type { SatelliteChain } from "../core/mesh/mesh";
import { feeTokenAddress, formatFee, payerOf } from "../core/payment";
import type { Payment } from "../core/payment";
import type { OperatorContext } from "../mesh/operator";
import { allowance, balanceOf, erc20 } from "../rpc/erc20";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { GasPriceTooHighError, RevertedError, TransactionRejectedError } from "../tx/errors";
import type { TransactionError } from "../tx/errors";
import type { NonceManager } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { LabelledTransaction } from "../tx/send";

import { laneReason, readLaneFees } from "./fees";

export interface BroadcastRequest {
  readonly satellites: readonly SatelliteChain[];
  /** Let the contract choose: it sends only to satellites to which the newest epoch was not sent yet. */
  readonly onlyPending: boolean;
  readonly payment: Payment;
  /** Maximum total of the fees, in wei of the fee token. */
  readonly ceiling?: bigint;
  /** Minimum block number of home. */
  readonly notBefore: number;
  readonly nonces: NonceManager;
}

/** The outcome of one lane; amounts in wei of the fee token. */
export type LaneOutcome = { readonly satellite: SatelliteChain } & (
  | {
      readonly kind: "sent";
      readonly messageId: string;
      readonly epoch: bigint;
      readonly fee: bigint;
    }
  /** The lane rejected the message in the broadcaster's attempt. Nothing was charged. */
  | {
      readonly kind: "refused";
      readonly epoch: bigint;
      readonly reason: string;
      readonly revertData: string;
    }
  /** The lane quotes no fee, or the whole call would revert: nothing was sent. */
  | { readonly kind: "down"; readonly reason: string; readonly revertData?: string }
  /** Neither the ceiling nor the payer's balance covers the fee, or the gas price is too high. */
  | { readonly kind: "deferred"; readonly fee: bigint; readonly reason: string }
);

export interface BroadcastOutcome {
  /** The outcomes of the lanes, without satellites to which another account has sent meanwhile. */
  readonly lanes: readonly LaneOutcome[];
  /** Fees; those of unknown outcomes are included. */
  readonly spent: bigint;
  readonly receipt?: TransactionReceipt;
  /** The reason why the outcome is unknown: the chains have to be read again. */
  readonly unclear?: TransactionError;
}

/** A limit on the fees of a call, and its message for a fee above it. */
interface FeeLimit {
  readonly amount: bigint;
  readonly lacks: (left: bigint) => string;
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

/** Gas of a broadcast besides that of its lanes. */
const GAS_AROUND_LANES = 200_000n;

/**
 * Quotes and sends one broadcast, and reads the outcome of each lane.
 * @throws TransactionRejectedError when the payer cannot pay for gas, NoKeyError when its key is not available.
 */
export async function sendBroadcast(
  context: OperatorContext,
  request: BroadcastRequest,
): Promise<BroadcastOutcome> {
  const { mesh } = context;
  const { home } = mesh;
  const { payment, satellites } = request;
  const at = await pinLatest(home.name, home.provider, request.notBefore);
  const { down, up } = await quoteLanes(context, satellites, payment, at);
  const broadcaster = contractAt.broadcaster(home.contracts.broadcaster, at);
  const selectors = request.onlyPending
    ? [...(await broadcaster.getPendingDestinations(0, 0, MaxUint256))]
    : up.map(({ satellite }) => satellite.selector);
  if (up.length === 0 || selectors.length === 0) return { lanes: down, spent: 0n };

  /** Nothing was sent, for one reason that applies to every lane that is up. */
  const unsent = (toOutcome: (lane: PricedLane) => LaneOutcome): BroadcastOutcome => ({
    lanes: [...down, ...up.map(toOutcome)],
    spent: 0n,
  });
  const limit = await feeLimit(context, request, at);
  if (up.every(({ fee }) => fee > limit.amount)) {
    return unsent((lane) => ({ ...lane, kind: "deferred", reason: limit.lacks(limit.amount) }));
  }
  const { total } = await broadcaster.quote(selectors, feeTokenAddress(mesh, payment));
  const generous = withFeeMargin(total);
  const maxFee = limit.amount < generous ? limit.amount : generous;
  const outcomes = await sendTransactions(
    home,
    await context.signerFor(home, payerOf(mesh, payment)),
    await transactionsOf(context, request, { selectors, maxFee, up }),
    { ...context.sendOptions(home), nonces: request.nonces },
  );
  const error = outcomes.find((outcome) => outcome.error)?.error;
  if (error instanceof RevertedError) {
    const { reason, revertData } = error;
    return unsent(({ satellite }) => ({ satellite, kind: "down", reason, revertData }));
  }
  if (error instanceof GasPriceTooHighError) {
    return unsent((lane) => ({ ...lane, kind: "deferred", reason: error.reason }));
  }
  if (error instanceof TransactionRejectedError) throw error;
  const receipt = outcomes.at(-1)?.receipt;
  if (error || !receipt) return { lanes: down, spent: total, ...(error && { unclear: error }) };
  const { lanes, spent } = readOutcomes(receipt, home.contracts.broadcaster, { up, limit, maxFee });
  return { lanes: [...down, ...lanes], spent, receipt };
}

/** A lane that accepts messages, and its fee. */
interface PricedLane {
  readonly satellite: SatelliteChain;
  readonly fee: bigint;
}

async function quoteLanes(
  { mesh }: OperatorContext,
  satellites: readonly SatelliteChain[],
  { token }: Payment,
  at: PinnedChain,
): Promise<{ down: LaneOutcome[]; up: PricedLane[] }> {
  const quotes = await readLaneFees(mesh, satellites, at);
  const [down, up]: [LaneOutcome[], PricedLane[]] = [[], []];
  satellites.forEach((satellite, i) => {
    const { [token]: fee = 0n, down: reason = "it quotes no fee", revertData } = quotes[i] ?? {};
    if (fee > 0n) up.push({ satellite, fee });
    else
      down.push({
        satellite,
        kind: "down",
        reason,
        ...(revertData !== undefined && { revertData }),
      });
  });
  return { down, up };
}

async function feeLimit(
  { mesh }: OperatorContext,
  { payment, ceiling }: BroadcastRequest,
  at: PinnedChain,
): Promise<FeeLimit> {
  const { home } = mesh;
  const { broadcaster } = home.contracts;
  const text = (fee: bigint) => formatFee(fee, payment.token, home.name);
  const isTreasury = payment.from === "treasury";
  const account = isTreasury ? broadcaster : payerOf(mesh, payment);
  const [held, budget] = await Promise.all([
    payment.token === "link" ? balanceOf(at, home.ccip.link, account) : at.getBalance(account),
    isTreasury
      ? contractAt.broadcaster(broadcaster, at).getTreasuryBudget(feeTokenAddress(mesh, payment))
      : undefined,
  ]);
  const limits: FeeLimit[] = [
    {
      amount: held,
      lacks: (left) => `${isTreasury ? "the treasury" : account} holds ${text(left)}: fund it`,
    },
  ];
  if (budget) {
    limits.push({
      amount: budget.left,
      lacks: (left) =>
        `of the treasury's budget, ${text(budget.perDay)} a day, ${text(left)} is left until midnight UTC: wait, or raise broadcaster.treasuryBudgetPerDay in the mesh file`,
    });
  }
  if (ceiling !== undefined) {
    limits.push({
      amount: ceiling,
      lacks: (left) => `above the fee ceiling, of which ${text(left)} is left`,
    });
  }
  return limits.reduce((least, limit) => (limit.amount < least.amount ? limit : least));
}

async function transactionsOf(
  { mesh }: OperatorContext,
  { payment, onlyPending }: BroadcastRequest,
  {
    selectors,
    maxFee,
    up,
  }: {
    readonly selectors: bigint[];
    readonly maxFee: bigint;
    readonly up: readonly PricedLane[];
  },
): Promise<LabelledTransaction[]> {
  const { home } = mesh;
  const to = home.contracts.broadcaster;
  const feeToken = feeTokenAddress(mesh, payment);
  const isTreasury = payment.from === "treasury";
  const broadcast = {
    label: `broadcast to ${up.map(({ satellite }) => satellite.name).join(", ")}`,
    to,
    data: onlyPending
      ? pendingCall(isTreasury, feeToken, maxFee)
      : namedCall(isTreasury, selectors, feeToken, maxFee),
    ...(payment.token === "native" && !isTreasury && { value: maxFee }),
  };
  if (payment.token === "native" || isTreasury) return [broadcast];
  if ((await allowance(home.provider, feeToken, payerOf(mesh, payment), to)) >= maxFee) {
    return [broadcast];
  }
  return [
    {
      label: `allow the broadcaster ${formatFee(maxFee, payment.token, home.name)}`,
      to: feeToken,
      data: erc20.encodeFunctionData("approve", [to, maxFee]),
    },
    // Gas cannot be estimated before the allowance exists: the limit covers the lanes.
    { ...broadcast, gasLimit: GAS_AROUND_LANES + GAS_PER_LANE * BigInt(selectors.length) },
  ];
}

const { broadcaster: broadcasterAbi } = abi;

function pendingCall(isTreasury: boolean, feeToken: string, maxFee: bigint): string {
  const args: [string, bigint, bigint] = [feeToken, maxFee, 0n];
  return isTreasury
    ? broadcasterAbi.encodeFunctionData("broadcastPendingFromTreasury", args)
    : broadcasterAbi.encodeFunctionData("broadcastPending", args);
}

function namedCall(
  isTreasury: boolean,
  ...args: [selectors: bigint[], feeToken: string, maxFee: bigint]
): string {
  return isTreasury
    ? broadcasterAbi.encodeFunctionData("broadcastFromTreasury", args)
    : broadcasterAbi.encodeFunctionData("broadcast", args);
}

/** Reads the broadcaster's events. Messages to destinations that were not requested are paid for as well. */
function readOutcomes(
  { logs }: TransactionReceipt,
  broadcaster: string,
  {
    up,
    limit,
    maxFee,
  }: {
    readonly up: readonly PricedLane[];
    readonly limit: FeeLimit;
    readonly maxFee: bigint;
  },
): { lanes: LaneOutcome[]; spent: bigint } {
  let spent = 0n;
  const lanes: LaneOutcome[] = [];
  for (const log of logs) {
    if (log.address !== broadcaster) continue;
    const satelliteOf = (selector: bigint) =>
      up.find(({ satellite }) => satellite.selector === selector)?.satellite;
    if (log.topics[0] === SENT) {
      const { selector, ...sent } = decodeEvent(abi.broadcaster, "BroadcastSent", log, sentEvent);
      spent += sent.fee;
      const satellite = satelliteOf(selector);
      if (satellite) lanes.push({ satellite, kind: "sent", ...sent });
    } else if (log.topics[0] === FAILED) {
      const {
        selector,
        epoch,
        reason: revertData,
      } = decodeEvent(abi.broadcaster, "BroadcastFailed", log, failedEvent);
      const satellite = satelliteOf(selector);
      const lack = maxFee === limit.amount ? feeAbove(revertData) : undefined;
      if (!satellite) continue;
      if (lack)
        lanes.push({ satellite, kind: "deferred", fee: lack.fee, reason: limit.lacks(lack.left) });
      else
        lanes.push({
          satellite,
          kind: "refused",
          epoch,
          reason: laneReason(revertData),
          revertData,
        });
    }
  }
  return { lanes, spent };
}

/** Returns the fee that exceeded the remaining amount, if that is why a lane failed. */
function feeAbove(revertData: string): { fee: bigint; left: bigint } | undefined {
  const error = abi.broadcaster.parseError(revertData);
  if (error?.name !== "FeeAboveMaximum") return undefined;
  const [fee, left] = error.args as unknown as [bigint, bigint];
  return { fee, left };
}
