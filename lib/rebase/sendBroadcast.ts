import { MaxUint256 } from "ethers";
import type { Interface, TransactionReceipt } from "ethers";
import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import { withFeeMargin } from "../core/feeMargin";
import { GAS_PER_LANE } from "../core/laneGas";
import type { SatelliteChain } from "../core/mesh/mesh";
import { feeTokenAddress, formatFee, payerOf } from "../core/payment";
import type { Payment } from "../core/payment";
import { revertText } from "../core/revert/revertChain";
import type { OperatorContext } from "../mesh/operator";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { GasPriceTooHighError, RevertedError, TransactionRejectedError } from "../tx/errors";
import type { TransactionError } from "../tx/errors";
import type { NonceManager } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { LabelledTransaction } from "../tx/send";

import { readLaneFees } from "./fees";
import type { LaneFee } from "./fees";

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

/** The outcome of a broadcast over the lane to a satellite; amounts in wei of the fee token. */
export type LaneOutcome = { readonly chain: string } & (
  | {
      readonly event: "broadcast-sent";
      readonly epoch: bigint;
      readonly messageId: string;
      readonly fee: bigint;
      readonly feeToken: Payment["token"];
      readonly hash: string;
    }
  /** The lane rejected the message in the broadcaster's attempt. Nothing was charged. */
  | {
      readonly event: "broadcast-failed";
      readonly epoch: bigint;
      readonly reason: string;
      readonly revertData: string;
      readonly hash: string;
    }
  /** The lane quotes no fee, or the whole call would revert: nothing was sent. */
  | { readonly event: "lane-down"; readonly reason: string; readonly revertData?: string }
  /** The ceiling or the balance does not cover the fee, or the gas price is too high. */
  | { readonly event: "deferred"; readonly fee: bigint; readonly reason: string }
);

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
 * @returns `lanes` the outcomes, without satellites to which another account has sent meanwhile; `spent` the fees, of
 * unknown outcomes too; `unclear` the reason why the outcome is unknown: the chains have to be read again.
 * @throws TransactionRejectedError when the payer cannot pay for gas, NoKeyError when its key is not available.
 */
export async function sendBroadcast(
  context: OperatorContext,
  request: BroadcastRequest,
): Promise<{
  lanes: readonly LaneOutcome[];
  spent: bigint;
  blockNumber?: number;
  unclear?: TransactionError | undefined;
}> {
  const { mesh } = context;
  const { home } = mesh;
  const { payment } = request;
  const at = await pinLatest(home.name, home.provider, request.notBefore);
  const fees = await readLaneFees(mesh, request.satellites, at);
  const feeOf = (lane: LaneFee) => lane[payment.token];
  const up = fees.filter((lane) => feeOf(lane) > 0n);
  const down = fees
    .filter((lane) => feeOf(lane) === 0n)
    .map(({ chain, down: reason = "it quotes no fee", revertData }): LaneOutcome => ({
      event: "lane-down",
      chain,
      reason,
      revertData,
    }));
  const broadcaster = contractAt.broadcaster(home.contracts.broadcaster, at);
  const selectors = request.onlyPending
    ? [...(await broadcaster.getPendingDestinations(0, 0, MaxUint256))]
    : up.map(({ selector }) => selector);
  if (up.length === 0 || selectors.length === 0) return { lanes: down, spent: 0n };

  /** Nothing was sent, for one reason that applies to every lane that is up. */
  const unsent = (toOutcome: (lane: LaneFee) => LaneOutcome) => ({
    lanes: [...down, ...up.map(toOutcome)],
    spent: 0n,
  });
  const deferred = (reason: string) =>
    unsent((lane) => ({ event: "deferred", chain: lane.chain, fee: feeOf(lane), reason }));
  const limit = await feeLimit(context, request, at);
  if (up.every((lane) => feeOf(lane) > limit.amount)) return deferred(limit.lacks(limit.amount));

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
    return unsent(({ chain }) => ({ event: "lane-down", chain, reason, revertData }));
  }
  if (error instanceof GasPriceTooHighError) return deferred(error.reason);
  if (error instanceof TransactionRejectedError) throw error;
  const receipt = outcomes.at(-1)?.receipt;
  if (error || !receipt) return { lanes: down, spent: total, unclear: error };
  const sent = readOutcomes(receipt, context, payment, up, maxFee === limit.amount ? limit : null);
  return { ...sent, lanes: [...down, ...sent.lanes], blockNumber: receipt.blockNumber };
}

/** Returns the least of what the payer holds, what the treasury may spend today and the ceiling. */
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
    payment.token === "link"
      ? contractAt.token(home.ccip.link, at).balanceOf(account)
      : at.getBalance(account),
    isTreasury
      ? contractAt.broadcaster(broadcaster, at).getTreasuryBudget(feeTokenAddress(mesh, payment))
      : undefined,
  ]);
  const limits: readonly FeeLimit[] = [
    {
      amount: held,
      lacks: (left) => `${isTreasury ? "the treasury" : account} holds ${text(left)}: fund it`,
    },
    {
      amount: budget?.left ?? MaxUint256,
      lacks: (left) =>
        `of the treasury's budget, ${text(budget?.perDay ?? 0n)} a day, ${text(left)} is left until midnight UTC: wait, or raise broadcaster.treasuryBudgetPerDay in the mesh file`,
    },
    {
      amount: ceiling ?? MaxUint256,
      lacks: (left) => `above the fee ceiling, of which ${text(left)} is left`,
    },
  ];
  return limits.reduce((least, limit) => (limit.amount < least.amount ? limit : least));
}

/** Returns the broadcast, after an approval where LINK of the caller pays for it. */
async function transactionsOf(
  { mesh }: OperatorContext,
  { payment, onlyPending }: BroadcastRequest,
  broadcast: { selectors: bigint[]; maxFee: bigint; up: readonly LaneFee[] },
): Promise<LabelledTransaction[]> {
  const { home } = mesh;
  const { selectors, maxFee, up } = broadcast;
  const to = home.contracts.broadcaster;
  const feeToken = feeTokenAddress(mesh, payment);
  const isTreasury = payment.from === "treasury";
  const contract: Interface = abi.broadcaster;
  const method = `broadcast${onlyPending ? "Pending" : ""}${isTreasury ? "FromTreasury" : ""}`;
  const transaction = {
    label: `broadcast to ${up.map(({ chain }) => chain).join(", ")}`,
    to,
    data: contract.encodeFunctionData(
      method,
      onlyPending ? [feeToken, maxFee, 0n] : [selectors, feeToken, maxFee],
    ),
    ...(payment.token === "native" && !isTreasury && { value: maxFee }),
  };
  if (payment.token === "native" || isTreasury) return [transaction];
  const token = contractAt.token(feeToken, home.provider);
  if ((await token.allowance(payerOf(mesh, payment), to)) >= maxFee) {
    return [transaction];
  }
  return [
    {
      label: `allow the broadcaster ${formatFee(maxFee, payment.token, home.name)}`,
      to: feeToken,
      data: abi.token.encodeFunctionData("approve", [to, maxFee]),
    },
    // Gas cannot be estimated before the allowance exists: the limit covers the lanes.
    { ...transaction, gasLimit: GAS_AROUND_LANES + GAS_PER_LANE * BigInt(selectors.length) },
  ];
}

/**
 * Reads the broadcaster's events. Messages to destinations that were not requested are paid for as well.
 * @param limit the limit that the call was given, if it was given one.
 */
function readOutcomes(
  { logs, hash }: TransactionReceipt,
  { mesh }: OperatorContext,
  { token: feeToken }: Payment,
  up: readonly LaneFee[],
  limit: FeeLimit | null,
): { lanes: LaneOutcome[]; spent: bigint } {
  let spent = 0n;
  const lanes: LaneOutcome[] = [];
  const chainOf = (selector: bigint) => up.find((lane) => lane.selector === selector)?.chain;
  for (const log of logs) {
    if (log.address !== mesh.home.contracts.broadcaster) continue;
    if (log.topics[0] === SENT) {
      const { selector, ...sent } = decodeEvent(abi.broadcaster, "BroadcastSent", log, sentEvent);
      spent += sent.fee;
      const chain = chainOf(selector);
      if (chain) lanes.push({ event: "broadcast-sent", chain, ...sent, feeToken, hash });
    } else if (log.topics[0] === FAILED) {
      const failed = decodeEvent(abi.broadcaster, "BroadcastFailed", log, failedEvent);
      const { selector, epoch, reason: revertData } = failed;
      const chain = chainOf(selector);
      const above = limit && feeAbove(revertData);
      const reason = above ? limit.lacks(above.left) : revertText(revertData);
      if (!chain) continue;
      if (above) lanes.push({ event: "deferred", chain, fee: above.fee, reason });
      else lanes.push({ event: "broadcast-failed", chain, epoch, reason, revertData, hash });
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
