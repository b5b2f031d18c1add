import { encodeFunctionData, zeroAddress } from "viem";

import { withFeeMargin } from "../../../lib/core/feeMargin";
import { hex } from "../deployments";
import type { MeshDescription } from "../deployments";
import type { Call } from "../wallet/transactions";
import { clientOf } from "./client";

/** Each lane needs gas of its own to be tried at all. */
const GAS_OF_A_LANE = 1_500_000n;

/** What a broadcast costs, in wei of native money. */
export interface BroadcastQuote {
  readonly total: bigint;
  /** By destination, in the order of the question; 0 for a lane that gives no fee and is skipped. */
  readonly fees: readonly bigint[];
}

/** Asks what telling satellites the home's index costs. */
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

/** The transaction that tells satellites the home's index, paid in native money: at most the price of now and a margin. */
export async function broadcastCall(
  mesh: MeshDescription,
  selectors: readonly bigint[],
): Promise<Call> {
  const maxFee = withFeeMargin((await quoteBroadcast(mesh, selectors)).total);
  return {
    chain: mesh.home,
    to: broadcasterOf(mesh),
    data: encodeFunctionData({
      abi: mesh.own.broadcaster,
      functionName: "broadcast",
      args: [selectors, zeroAddress, maxFee],
    }),
    value: maxFee,
    minGas: GAS_OF_A_LANE * BigInt(selectors.length),
  };
}

function broadcasterOf({ home }: MeshDescription) {
  return hex(home.contracts.broadcaster ?? zeroAddress);
}
