import { toQuantity } from "ethers";

import type { PinnedChain } from "./pinned";
import { atKnownBlock } from "./retry";

/** A call that changes nothing. */
export interface Request {
  readonly to: string;
  readonly data: string;
  readonly from?: string;
}

/** Something that contracts can be called through. */
export interface Caller {
  call(request: Request): Promise<string>;
}

/**
 * A chain at one of its blocks as if some accounts had other code. Endpoints that know nothing of state
 * overrides refuse every call, or answer as if there were none: ask something first that tells.
 * @param codes by address.
 */
export function asIfCoded(
  { provider, blockNumber }: PinnedChain,
  codes: Readonly<Record<string, string>>,
): Caller {
  if (!("send" in provider) || typeof provider.send !== "function") {
    throw new Error("State overrides take a provider of JSON-RPC calls.");
  }
  const send = provider.send.bind(provider) as (
    method: string,
    params: unknown[],
  ) => Promise<unknown>;
  const overrides = Object.fromEntries(
    Object.entries(codes).map(([account, code]) => [account, { code }]),
  );
  return {
    call: async (request) =>
      String(
        await atKnownBlock(() => send("eth_call", [request, toQuantity(blockNumber), overrides])),
      ),
  };
}

/** Code that makes calls one after the other and answers as the last one does, or as the first that reverts. */
export function codeOfCalls(calls: readonly Pick<Request, "to" | "data">[]): string {
  const word = (value: number) => value.toString(16).padStart(6, "0");
  const partOf = (to: string, size: number, from: number, next: number) =>
    [
      // CODECOPY(0, from, size)
      `62${word(size)}62${word(from)}600039`,
      // CALL(GAS, to, 0, 0, size, 0, 0)
      `6000600062${word(size)}6000600073${to.slice(2)}5af1`,
      // JUMPI to what is next, or revert with what came back.
      `62${word(next)}573d600060003e3d6000fd5b`,
    ].join("");
  const RETURN = "3d600060003e3d6000f3";
  const sizeOf = (hex: string) => hex.length / 2;
  const part = sizeOf(partOf(`0x${"00".repeat(20)}`, 0, 0, 0));
  let from = part * calls.length + sizeOf(RETURN);
  const parts = calls.map(({ to, data }, i) => {
    const size = sizeOf(data.slice(2));
    const code = partOf(to, size, from, part * (i + 1) - 1);
    from += size;
    return code;
  });
  return `0x${parts.join("")}${RETURN}${calls.map(({ data }) => data.slice(2)).join("")}`;
}
