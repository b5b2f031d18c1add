import { ZeroAddress, concat } from "ethers";

import { abiCoder } from "./abi";
import { EXTRA_ARGS_V2_TAG, encodeAddress } from "./message";

/** A message as an application hands it to a router. */
export interface RouterMessage {
  readonly receiver: string;
  readonly data?: string;
  readonly tokens?: readonly { readonly token: string; readonly amount: bigint }[];
  /** The zero address pays in native. */
  readonly feeToken?: string;
  /** Gas for the receiver's `ccipReceive`; 0 for a plain token transfer. */
  readonly gasLimit?: bigint;
  readonly outOfOrder?: boolean;
}

/** A message as `Router.getFee` and `Router.ccipSend` take it (`Client.EVM2AnyMessage`). */
export function toRouterMessage(message: RouterMessage): Record<string, unknown> {
  const { receiver, data = "0x", tokens = [], feeToken = ZeroAddress } = message;
  const { gasLimit = 0n, outOfOrder = true } = message;
  return {
    receiver: encodeAddress(receiver),
    data,
    tokenAmounts: tokens,
    feeToken,
    extraArgs: concat([
      EXTRA_ARGS_V2_TAG,
      abiCoder.encode(["uint256", "bool"], [gasLimit, outOfOrder]),
    ]),
  };
}
