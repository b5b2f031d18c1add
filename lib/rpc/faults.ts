import { isError } from "ethers";

/** Codes by which ethers says that the transport failed, not the call. */
const TRANSPORT_CODES = ["TIMEOUT", "SERVER_ERROR", "NETWORK_ERROR"] as const;

/** Codes by which Node says that a connection broke. */
const SOCKET_CODES =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|UND_ERR_.*)$/;

/** Words in which providers throttle inside of an answer with HTTP status 200. */
const THROTTLED = /rate.?limit|too many requests|exceeded.*(capacity|quota)|request limit/i;

/** Words in which a node says that it does not have a block, which others have already. */
const MISSING_BLOCK =
  /header not found|unknown block|block not found|BlockOutOfRange|could not find block|missing trie node|state.*not available|block is out of range|beyond current head/i;

/** Whether nobody knows what became of a request: no answer, a broken one, or "not now". */
export function isTransportFault(error: unknown): boolean {
  return someIn(error, (item) => {
    if (TRANSPORT_CODES.some((code) => isError(item, code))) return true;
    if (typeof item.code === "string" && SOCKET_CODES.test(item.code)) return true;
    return isThrottled(item);
  });
}

/** Whether an endpoint asks to be left alone for a while. */
export function isThrottled(answer: { code?: unknown; message?: unknown }): boolean {
  if (answer.code === -32005 || answer.code === 429) return true;
  return typeof answer.message === "string" && THROTTLED.test(answer.message);
}

/** Whether an endpoint lags behind the block it was asked about. */
export function isMissingBlock(error: unknown): boolean {
  return someIn(error, ({ message }) => typeof message === "string" && MISSING_BLOCK.test(message));
}

/** Whether an error or anything it was caused by is of a kind. */
export function someIn(
  error: unknown,
  matches: (item: Record<string, unknown>) => boolean,
  depth = 0,
): boolean {
  if (typeof error !== "object" || error === null || depth > 5) return false;
  const item = error as Record<string, unknown>;
  if (matches(item)) return true;
  return [item.error, item.info, item.cause].some(
    (inner) => inner !== error && someIn(inner, matches, depth + 1),
  );
}
