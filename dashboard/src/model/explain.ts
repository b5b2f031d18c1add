import type { Interface } from "ethers";
import { decodeRevert } from "ccip-localnet/protocol";

import { isTransportError } from "core/endpoint/errors";
import { briefReason } from "core/reasons/catalogue";

/**
 * Describes an error and the fix.
 * @param native symbol of the currency that gas is paid in.
 */
export function explain(
  error: unknown,
  known: readonly Interface[] = [],
  native = "native money",
): string {
  const chain = causes(error);
  const named = (...names: string[]) => chain.some(({ name }) => names.includes(name));
  const says = (pattern: RegExp) => chain.some(({ message }) => pattern.test(message));
  if (chain.some(({ code }) => code === 4001) || named("UserRejectedRequestError")) {
    return "You rejected it in your wallet: it was not sent. Try again when you are ready.";
  }
  const data = chain
    .map((item) => item.data)
    .find((value) => value !== undefined && value.length > 2);
  if (data) return `It would fail: ${briefReason(decodeRevert(data, known))}. It was not sent.`;
  if (
    named("SwitchChainError", "SwitchChainNotSupportedError") ||
    says(/unrecognized chain|chain.*not (added|configured)/i)
  ) {
    return "Your wallet is on another network and did not switch. Switch it by hand, then try again.";
  }
  if (
    says(/insufficient funds|exceeds the balance|gas \* price/i) ||
    named("InsufficientFundsError")
  ) {
    return `The account has too little ${native} for the fee and the gas. Top it up, then try again.`;
  }
  if (
    isTransportError(error) ||
    named("HttpRequestError", "TimeoutError", "WebSocketRequestError") ||
    says(/failed to fetch|timed out/i)
  ) {
    return "The chain's RPC endpoint does not answer. Nothing is known of what was sent: look at your wallet, and try again later.";
  }
  const [first] = chain;
  return first?.message.split("\n")[0] ?? "Something went wrong, and nothing says what.";
}

interface ErrorPart {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly data: string | undefined;
}

/** Returns an error and all of its causes. */
function causes(error: unknown, depth = 0): ErrorPart[] {
  if (typeof error !== "object" || error === null || depth > 8) {
    return typeof error === "string"
      ? [{ name: "", message: error, code: undefined, data: undefined }]
      : [];
  }
  const { name, message, shortMessage, code, data, cause } = error as Record<string, unknown>;
  const own: ErrorPart = {
    name: typeof name === "string" ? name : "",
    message: [shortMessage, message].find((text) => typeof text === "string") ?? "",
    code,
    data: typeof data === "string" && /^0x[0-9a-fA-F]{8,}$/.test(data) ? data : undefined,
  };
  const inner = typeof data === "object" ? causes(data, depth + 1) : [];
  return [own, ...causes(cause, depth + 1), ...inner];
}
