import { encodeFunctionData, maxUint256, parseEventLogs, zeroAddress } from "viem";
import type { Log } from "viem";
import { decodeRevert } from "ccip-localnet/protocol";

import { withFeeMargin } from "core/feeMargin";
import { GAS_PER_LANE } from "core/laneGas";
import { hex } from "../deployments";
import type { MeshDescription } from "../deployments";
import { briefReason } from "core/reasons/catalogue";
import { chainLabel } from "../model/words";
import type { Call } from "../wallet/transactions";
import { clientOf } from "./client";
import { ownErrors } from "./mesh";

/** Cost of a broadcast, in wei of the native currency. */
export interface BroadcastQuote {
  readonly total: bigint;
  /** By destination, in the order of the request; 0 for a lane that quotes no fee and is skipped. */
  readonly fees: readonly bigint[];
}

/** Reads the cost of a broadcast of home's index to satellites. */
export async function quoteBroadcast(
  mesh: MeshDescription,
  selectors: readonly bigint[],
): Promise<BroadcastQuote> {
  const [total, fees] = await clientOf(mesh.home).readContract({
    address: broadcasterOf(mesh),
    abi: mesh.own.broadcaster,
    functionName: "quote",
    args: [selectors, zeroAddress],
  });
  return { total, fees };
}

/**
 * Builds the transaction that broadcasts home's index, paid in the native currency: at most the current fee plus a
 * margin. If the satellites are exactly the pending ones, the broadcaster selects them, and sends to each only once.
 */
export async function broadcastCall(
  mesh: MeshDescription,
  selectors: readonly bigint[],
): Promise<Call> {
  const [{ total }, pending] = await Promise.all([
    quoteBroadcast(mesh, selectors),
    clientOf(mesh.home).readContract({
      address: broadcasterOf(mesh),
      abi: mesh.own.broadcaster,
      functionName: "getPendingDestinations",
      args: [0n, 0n, maxUint256],
    }),
  ]);
  const maxFee = withFeeMargin(total);
  const { broadcaster: abi } = mesh.own;
  return {
    chain: mesh.home,
    to: broadcasterOf(mesh),
    data: isSameSet(selectors, pending)
      ? encodeFunctionData({
          abi,
          functionName: "broadcastPending",
          args: [zeroAddress, maxFee, 0n],
        })
      : encodeFunctionData({
          abi,
          functionName: "broadcast",
          args: [selectors, zeroAddress, maxFee],
        }),
    value: maxFee,
    minGas: GAS_PER_LANE * BigInt(selectors.length),
    unmet: async (hash) =>
      refusedLanes(mesh, (await clientOf(mesh.home).getTransactionReceipt({ hash })).logs),
  };
}

/** Lists the lanes that failed in a broadcast: its transaction succeeds nevertheless. */
export function refusedLanes(
  mesh: Pick<MeshDescription, "own" | "chains">,
  logs: readonly Log[],
): string | undefined {
  const events = parseEventLogs({ abi: mesh.own.broadcaster, logs: [...logs] });
  const refused = events.flatMap((event) => {
    if (event.eventName !== "BroadcastFailed") return [];
    const { selector, reason } = event.args;
    const chain = mesh.chains.find((one) => one.selector === selector);
    const why = briefReason(decodeRevert(reason, ownErrors(mesh)));
    return `The lane to ${chain ? chainLabel(chain.name) : selector} took nothing and was paid nothing: ${why}.`;
  });
  if (refused.length === 0) return undefined;
  const isPart = events.some(({ eventName }) => eventName === "BroadcastSent");
  return [...refused, ...(isPart ? ["The others took it."] : [])].join(" ");
}

/** Returns whether two lists without duplicates contain the same values. */
function isSameSet(some: readonly bigint[], others: readonly bigint[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

function broadcasterOf({ home }: MeshDescription) {
  return hex(home.contracts.broadcaster ?? zeroAddress);
}
