import { toQuantity } from "ethers";

import type { PinnedChain } from "./pinned";
import { atKnownBlock } from "./retry";

/** Something that contracts can be called through. */
export interface Caller {
  call(request: {
    readonly to: string;
    readonly data: string;
    readonly from?: string;
  }): Promise<string>;
}

/**
 * A chain at one of its blocks as if one storage slot held something else. Endpoints that know nothing of
 * state overrides refuse the call, or answer as if there were none: ask a question first that tells.
 */
export function asIfStored(
  { provider, blockNumber }: PinnedChain,
  account: string,
  slot: string,
  word: string,
): Caller {
  if (!("send" in provider) || typeof provider.send !== "function") {
    throw new Error("State overrides take a provider of JSON-RPC calls.");
  }
  const send = provider.send.bind(provider) as (
    method: string,
    params: unknown[],
  ) => Promise<unknown>;
  const overrides = { [account]: { stateDiff: { [slot]: word } } };
  return {
    call: async (request) =>
      String(
        await atKnownBlock(() => send("eth_call", [request, toQuantity(blockNumber), overrides])),
      ),
  };
}
