import { encodeFunctionData } from "viem";
import type { Hex } from "viem";

import { hex } from "../deployments";
import type { MeshDescription } from "../deployments";
import { chainLabel, exactly } from "../model/words";
import type { Call } from "../wallet/transactions";
import { clientOf } from "./client";
import { bridgeCall } from "./holdings";
import type { BridgeOrder } from "./holdings";

/** Builds the transactions of a transfer: the missing approvals, and `ccipSend`. */
export async function transferCalls(
  mesh: MeshDescription,
  account: Hex,
  order: BridgeOrder,
  fee: bigint,
): Promise<Call[]> {
  const { source, destination, amount, feeIn } = order;
  const router = hex(source.ccip.router);
  const approve = (token: string, value: bigint, symbol: string): Call => ({
    step: `approve ${exactly(value, symbol)}`,
    chain: source,
    to: token,
    data: encodeFunctionData({
      abi: mesh.own.token,
      functionName: "approve",
      args: [router, value],
    }),
  });
  const allowed = await clientOf(source).readContract({
    address: hex(source.contracts.token),
    abi: mesh.own.token,
    functionName: "allowance",
    args: [account, router],
  });
  return [
    ...(allowed >= amount ? [] : [approve(source.contracts.token, amount, mesh.token.symbol)]),
    ...(feeIn === "link" ? [approve(source.ccip.link, fee, "LINK")] : []),
    {
      step: `send ${exactly(amount, mesh.token.symbol)} to ${chainLabel(destination.name)}`,
      chain: source,
      to: source.ccip.router,
      data: bridgeCall(order),
      value: feeIn === "native" ? fee : 0n,
    },
  ];
}
