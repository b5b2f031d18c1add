const ANOTHER = "try again later, or use another endpoint";

/** The meanings of an endpoint's error, and the remedy for each. */
const REMEDIES = {
  /** The call or transaction reverts: the contract's answer, not the endpoint's. */
  reverted: "see the contract's reason",
  /** The transaction is there already. */
  alreadyKnown: "wait for it",
  /** Another transaction waits with the same nonce, and this one does not pay enough more. */
  replacementUnderpriced: "wait for the other transaction",
  /** The nonce is used up. */
  nonceTooLow: "look at the chain again",
  insufficientFunds: "fund the account",
  /** The gas price of the transaction is too low. */
  priceTooLow: "raise the gas price",
  /** It takes fewer calls in one request. */
  batchTooLarge: "use another endpoint",
  /** It no longer has the state of an old block. */
  pruned: "use an endpoint that keeps old state (an archive node)",
  /** It does not have yet a block that others have. */
  lagging: `the endpoint lags: ${ANOTHER}`,
  /** It takes fewer blocks, or gives fewer logs, in one answer. */
  rangeTooLarge: "ask for fewer blocks, or use another endpoint",
  /** It limits the rate of requests. */
  throttled: `the endpoint throttles: ${ANOTHER}`,
  /** It did not come to an end in time. */
  tooSlow: ANOTHER,
  /** It refuses access: a key, a plan, an origin. */
  accessRefused: "correct its url, key or plan, or use another endpoint",
  /** It does not know the method. */
  unsupported: "use an endpoint that knows this method",
  /** It rejects the request as invalid. */
  invalidRequest: "use another endpoint",
  /** Its answer cannot be used: an error of its own, a page for people, something cut off. */
  brokenAnswer: ANOTHER,
  /** No connection, or one that broke. */
  noAnswer: ANOTHER,
  unknown: ANOTHER,
} as const;

/** The meaning of an endpoint's error. */
export type Meaning = keyof typeof REMEDIES;

/** An error as an endpoint gives it. */
export interface ErrorAnswer {
  /** JSON-RPC's code. */
  readonly code?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
  /** HTTP's status. */
  readonly status?: number;
  /** The method that was called; every row may match when it is not known. */
  readonly method?: string;
  /** True if it was called together with others. */
  readonly inBatch?: boolean;
}

/** A row of the table: what an answer is that has one of the words, codes or statuses. */
interface Row {
  readonly meaning: Meaning;
  /** In the message, or in texts of the data. */
  readonly pattern?: RegExp;
  readonly codes?: readonly number[];
  readonly statuses?: readonly number[];
  /** The only methods, and the only kind of request, that the row is for. */
  readonly methods?: readonly string[];
  readonly inBatch?: true;
}

const SENDING = ["eth_sendRawTransaction", "eth_sendTransaction"];
const EXECUTING = [...SENDING, "eth_call", "eth_estimateGas"];
const LOGS = ["eth_getLogs"];

/**
 * Answers of endpoints and their meanings; the first matching row counts. Words come before codes, because
 * providers use one code for several things: -32005 is "too many requests" and "more than 10000 results".
 */
const TABLE: readonly Row[] = [
  // A contract may revert with any words, those of the rows below included.
  {
    meaning: "reverted",
    methods: EXECUTING,
    pattern:
      /\brevert(ed)?\b|VM Exception|VM execution error|invalid (opcode|jump)|bad instruction|stack (under|over)flow|\bout of gas\b|OutOfGas|InvalidFEOpcode|always failing transaction|gas required exceeds/i,
  },
  {
    meaning: "alreadyKnown",
    methods: SENDING,
    pattern:
      /already ?known|already ?imported|\bknown transaction|(transaction|tx) already (in|exists)\b/i,
  },
  {
    meaning: "replacementUnderpriced",
    methods: SENDING,
    pattern:
      /replacement.*(underpriced|too low|not ?allowed)|too low to replace|could not replace|(transaction|tx) .*same nonce|OwnNonceAlreadyUsed|Pool\(TooLowPriority/i,
  },
  {
    meaning: "nonceTooLow",
    methods: EXECUTING,
    pattern:
      /nonce( is|:)? ?too ?low|nonce has already been used|OldNonce|Pool\(Stale\)|invalid transaction nonce|nonce \d+ (is )?(less|lower) than|invalid nonce.*lower|invalid nonce; got \d+, expected \d+/i,
  },
  {
    meaning: "insufficientFunds",
    methods: EXECUTING,
    pattern:
      /insufficient[ _]?(\w+ )?(funds|balance|payer.?balance)|(not|doesn't have) (have )?enough (funds|balance)|have enough funds|lack of funds|exceeds (the )?(account )?balance|cause overdraft/i,
  },
  {
    meaning: "priceTooLow",
    methods: EXECUTING,
    pattern:
      /underpriced|fee ?too ?low|(gas ?price|fee ?cap|fee ?per ?gas|tip( cap)?|base ?fee|priority ?fee)\b.{0,80}(too low|less than|below|lower than|needs to be higher|minimum)|gas_?price_?too_?low|gas fee below|tip needed|increasing the fee|unacceptable gas price|insufficient fees?\b/i,
  },
  {
    meaning: "batchTooLarge",
    inBatch: true,
    pattern: /\bbatch(es|ed|ing)?\b|received array|response (is )?too large/i,
    statuses: [413],
  },
  {
    meaning: "pruned",
    pattern:
      /\bprun(ed|ing)\b(?!.*future)|historical (state|RPC|backend)|archiv(e|al)|state histories|proof window|already discarded|missing trie node|lowest height is|purged for block|state does not maintain/i,
  },
  {
    meaning: "lagging",
    pattern:
      /(header|body|block|state)\b.{0,40}\b(not (be )?(yet )?(found|available)|does not exist)|(could|can) ?not (find|get) (block|header)|(unknown|future|no state (available|found) for) (block|header)|blocks? .*cannot be found|unfinalized data|after last accepted block|(beyond|past|ahead of) (the )?(current |chain )?(head|latest)|block.{0,20}\bis (out of range|in the future)|block out of range|BlockOutOfRange|requested data not available|((greater|higher) than|exceeds) (the )?(latest|last|current|newest)( known| accepted)? block|(less than or )?equal to the current blockchain height|invalid block height|not (been )?(yet (available|mined|indexed|produced|processed)|(available|mined|indexed|produced|processed) yet)|resource not found|unsupported block number/i,
  },
  // Nothing here asks for a range that ends before it begins, unless the node cuts its end off at its own head.
  { meaning: "lagging", methods: LOGS, pattern: /\binvalid block range( params)?\.?$/im },
  {
    meaning: "rangeTooLarge",
    methods: LOGS,
    pattern:
      /blocks? range|ranges? (is )?(too|over|exceed|limit|\d)|range (of|limit)|(max(imum)?|limited to|more than|exceeds?|too many|too wide|limit is)\b.{0,40}\b(range|blocks?|results?|logs?)|(response|result|log|query).{0,30}(exceeds?|exceeded|too (large|big))|response size|limited to a|too (wide|large)|^limit exceeded$|reduc(e|ing) (the|your)|narrow|smaller range|at most \d+ blocks|fromBlock and toBlock|block distance|maximum allowed duration/i,
    codes: [-32_614],
    statuses: [413],
  },
  {
    meaning: "tooSlow",
    pattern: /time(d)?[ -]?out|deadline exceeded|took too long|execution aborted|context canceled/i,
    statuses: [408, 504, 524],
  },
  {
    meaning: "throttled",
    pattern:
      /rate.?limit|rate exceeded|too many requests?|request (count|limit)|requests? limited|(requests?|usage|tier|plan)\b.{0,30}\blimit|(limit|number) of requests|too many (concurrent|connections)|per ?sec(ond)?\b|\/ ?s(ec(ond)?)?\b|credits|quota|capacity|throttl|concurrent requests|compute units|limit exceeded|has exceeded|exceeded .*(request|limit)|(try|retry)( again)? (later|in)|under too much load|overloaded|(queue|pool|mempool) (is )?full|slow down/i,
    codes: [429, -32_005, -32_007, -32_012, -32_016, -32_029, -32_090, -32_097],
    statuses: [429],
  },
  {
    meaning: "accessRefused",
    pattern:
      /unauthori[sz]ed|forbidden|must authenticate|api.?key|project id|access token|not allowed to access|(app|account|tenant|project) (is )?(inactive|disabled|suspended)|access (denied|key)|not (included in|allowed (for|on)) your (current )?plan|(trial|subscription|plan) (has |is )?expired|origin .*not allowed|payment required/i,
    statuses: [401, 402, 403, 404],
  },
  {
    meaning: "unsupported",
    pattern:
      /method .*(not found|does ?n[o']t exist|not (supported|available|allowed|whitelisted)|not in whitelist|disabled)|unsupported method|not (implemented|whitelisted)/i,
    codes: [-32_601, -32_004],
  },
  {
    meaning: "brokenAnswer",
    pattern:
      /internal (server )?error|bad gateway|unavailable|upstream|backend|no (available|healthy|response)|connection (reset|refused|closed)|failed to (connect|fetch|forward|proxy)|can'?t (route|execute)|temporar(y|ily)|\bbusy\b|error code: 5\d\d|network is unreachable|i\/o|\beof\b|unexpected end|sync(ing| in progress)|not synced/i,
    codes: [-32_603, -32_055],
    statuses: [500, 502, 503, 520, 521, 522, 523, 525, 526, 530],
  },
  { meaning: "reverted", methods: EXECUTING, codes: [3] },
  {
    meaning: "invalidRequest",
    codes: [-32_600, -32_602],
    statuses: [400, 405, 414, 415, 422],
  },
];

/** Looks up what an endpoint's answer means. */
export function meaningOfAnswer(answer: ErrorAnswer): Meaning {
  const { code, status, method, inBatch = false } = answer;
  if (method !== undefined && EXECUTING.includes(method) && hasRevertData(answer.data)) {
    return "reverted";
  }
  // A quoted url says nothing of the error: "api-key" stands in many.
  const text = [answer.message, ...textsIn(answer.data)]
    .filter((item) => typeof item === "string")
    .map((item) => item.replace(/\bhttps?:\/\/\S+|\S*\?\w+=\S*/gi, "<url>"));
  const number = typeof code === "string" && /^-?\d+$/.test(code) ? Number(code) : code;
  const row = TABLE.find(
    ({ codes, statuses, pattern, methods, inBatch: onlyInBatch }) =>
      (!onlyInBatch || inBatch) &&
      (!methods || method === undefined || methods.includes(method)) &&
      (pattern?.test(text.join("\n")) ||
        codes?.some((one) => one === number) ||
        statuses?.some((one) => one === status)),
  );
  return row?.meaning ?? "unknown";
}

function hasRevertData(data: unknown): boolean {
  return typeof data === "string" && /^(Reverted )?0x([0-9a-f]{2}){4,}$/i.test(data);
}

/** Lists the texts in the data of an error, which some providers hide their reason in. */
function textsIn(data: unknown, depth = 0): string[] {
  if (typeof data === "string") return /^0x/.test(data) ? [] : [data];
  if (typeof data !== "object" || data === null || depth > 3) return [];
  return Object.values(data).flatMap((item) => textsIn(item, depth + 1));
}

/** An endpoint's failure to give a result. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  /** JSON-RPC's code, or undefined where there was no such answer. */
  readonly code: unknown;
  /** JSON-RPC's data. */
  readonly data: unknown;
  /** The pause that the endpoint asks for, milliseconds; 0 for none. */
  readonly pauseMs: number;

  constructor(
    readonly meaning: Meaning,
    /** The chain and the method. */
    asked: string,
    /** The endpoint's message, or the reason why there is none, without secrets. */
    readonly reason: string,
    details: { readonly code?: unknown; readonly data?: unknown; readonly pauseMs?: number } = {},
  ) {
    super(`${asked}: ${reason}; ${REMEDIES[meaning]}.`);
    this.code = details.code;
    this.data = details.data;
    this.pauseMs = details.pauseMs ?? 0;
  }
}

/** Codes of ethers' errors and what they mean, where nothing inside of them says it better. */
const LIBRARY_CODES: Readonly<Record<string, Meaning>> = {
  CALL_EXCEPTION: "reverted",
  NONCE_EXPIRED: "nonceTooLow",
  REPLACEMENT_UNDERPRICED: "replacementUnderpriced",
  INSUFFICIENT_FUNDS: "insufficientFunds",
  TIMEOUT: "tooSlow",
  SERVER_ERROR: "brokenAnswer",
  NETWORK_ERROR: "noAnswer",
};

/** Codes by which Node says that a connection broke. */
const SOCKET_CODES =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|UND_ERR_.*)$/;

/** Looks up what an endpoint's error means, however a library has wrapped it; `unknown` for any other error. */
export function meaningOf(error: unknown): Meaning {
  return findMeaning(error, 0) ?? "unknown";
}

function findMeaning(error: unknown, depth: number): Meaning | undefined {
  if (typeof error !== "object" || error === null || depth > 6) return undefined;
  if (error instanceof EndpointError) return error.meaning;
  const item = error as Record<string, unknown>;
  // What is inside was said by the endpoint; around it are words of libraries, which quote the request.
  for (const inner of [item.error, item.info, item.cause]) {
    const meaning = inner === error ? undefined : findMeaning(inner, depth + 1);
    if (meaning !== undefined && meaning !== "unknown") return meaning;
  }
  const { code, message, data, status, name } = item;
  if (typeof code === "number") return meaningOfAnswer({ code, message, data });
  if (typeof status === "number") return meaningOfAnswer({ status });
  if (typeof code === "string") {
    return SOCKET_CODES.test(code) ? "noAnswer" : LIBRARY_CODES[code];
  }
  return name === "TimeoutError" ? "tooSlow" : undefined;
}

/** Meanings that are no refusal. */
export const NOTHING_SAID: readonly Meaning[] = ["tooSlow", "brokenAnswer", "noAnswer"];

/** Returns whether an endpoint that refused to read logs may give those of fewer blocks. */
export function mayGiveFewerBlocks(error: unknown): boolean {
  const meaning = meaningOf(error);
  // Some refuse a range as an invalid parameter, in words of their own.
  const refusals: readonly Meaning[] = ["rangeTooLarge", "invalidRequest", "unknown"];
  return refusals.includes(meaning) || NOTHING_SAID.includes(meaning);
}

/** Returns whether the outcome of a request is unknown: no answer, a broken one, or "not now". */
export function isTransportError(error: unknown): boolean {
  const meaning = meaningOf(error);
  return meaning === "lagging" || meaning === "throttled" || NOTHING_SAID.includes(meaning);
}

/** The most characters quoted of an answer that cannot be used. */
const QUOTED_CHARACTERS = 120;

/** Puts a text of an endpoint into one short line. */
export function shortened(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line;
}

/** Returns why a request failed: the innermost cause, for fetch itself only says that it failed. */
export function innermostReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return innermostReason(error.cause);
  const { code } = error as { code?: unknown };
  return [error.message, code].filter((item) => typeof item === "string" && item).join(" ");
}
