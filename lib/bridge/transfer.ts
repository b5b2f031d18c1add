import { released, toRouterMessage } from "ccip-localnet/protocol";

import type { MeshChain } from "../core/mesh/mesh";

/** A transfer of tokens between two chains of a mesh. */
export interface Transfer {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  readonly receiver: string;
  /** Token units (wei) of the source chain. */
  readonly amount: bigint;
}

/**
 * Returns the arguments of the router's `getFee` and `ccipSend`.
 * @param feeToken address of the fee token; native unless given.
 */
export function routerArguments(
  { source, destination, receiver, amount }: Transfer,
  feeToken?: string,
): [selector: bigint, message: Record<string, unknown>] {
  const tokens = [{ token: source.contracts.token, amount }];
  return [destination.selector, toRouterMessage({ receiver, tokens, feeToken })];
}

/** Encodes the `ccipSend` of a transfer. */
export function encodeSend(transfer: Transfer, feeToken?: string): string {
  const router = released("router").interface;
  return router.encodeFunctionData("ccipSend", routerArguments(transfer, feeToken));
}
