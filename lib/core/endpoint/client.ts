import { basicCredentials, withoutSecret } from "../secrets";

import { outcomesOf, pauseIn, pauseInData } from "./answers";
import type { Failure, HttpAnswer, RpcCall } from "./answers";
import { EndpointError, NOTHING_SAID, innermostReason } from "./errors";
import type { Meaning } from "./errors";

export type { RpcCall } from "./answers";

/** The outcome of a call. */
export type RpcOutcome = { readonly result: unknown } | { readonly error: EndpointError };

/** Attempts and pauses of a retried action. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** The first pause, milliseconds; every next one is twice as long. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** Retries of a single request to an endpoint. */
export const REQUEST_POLICY: RetryPolicy = { attempts: 5, pauseMs: 200, maxPauseMs: 4_000 };

/** Retries of an endpoint that lags: seconds, not minutes. */
export const LAG_POLICY: RetryPolicy = { attempts: 12, pauseMs: 100, maxPauseMs: 3_000 };

/** Timeouts, retries and batches of a client. */
export interface RpcClientOptions {
  /** Timeout of a single answer, milliseconds; 20 s by default. */
  readonly answerTimeoutMs?: number;
  readonly retryPolicy?: RetryPolicy;
  readonly lagPolicy?: RetryPolicy;
  /** The most calls in one request; 100 by default. */
  readonly batchSize?: number;
}

/** Attempts at a call that fails with an unknown error. */
const ATTEMPTS_AT_UNKNOWN = 3;

/** Extra attempts at an endpoint that throttles: it has said that it will answer again. */
const MORE_ATTEMPTS_WHEN_THROTTLED = 3;

/** The longest pause that an endpoint may ask for, milliseconds. */
const LONGEST_PAUSE_MS = 60_000;

/** The most requests at once, where the calls do not fit into one. */
const AT_ONCE = 5;

/** A JSON-RPC client over HTTP that repeats calls which may succeed then, in smaller batches if need be. */
export class RpcClient {
  private batchSize: number;
  private readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly options: Required<Omit<RpcClientOptions, "batchSize">>;
  private readonly closing = new AbortController();
  /** Ends the pauses that are under way; as listeners of one signal, Node would take many of them for a leak. */
  private readonly pauses = new Set<() => void>();
  private quietUntil = 0;

  constructor(
    /** Name of the endpoint's chain, for errors. */
    private readonly name: string,
    private readonly secretUrl: string,
    { batchSize = 100, ...options }: RpcClientOptions = {},
  ) {
    const url = new URL(secretUrl);
    const { username, password } = url;
    // fetch refuses urls with credentials in them, and quotes them when it does.
    url.username = url.password = "";
    this.url = url.href;
    this.headers = {
      "content-type": "application/json",
      ...((username || password) && {
        authorization: `Basic ${basicCredentials(`${username}:${password}`)}`,
      }),
    };
    this.batchSize = batchSize;
    this.options = {
      answerTimeoutMs: 20_000,
      retryPolicy: REQUEST_POLICY,
      lagPolicy: LAG_POLICY,
      ...options,
    };
  }

  /** Cancels everything that is under way. */
  close(): void {
    this.closing.abort();
    this.pauses.forEach((end) => end());
  }

  /** Makes calls, and makes those again that may succeed then; the outcomes are in the order of the calls. */
  async ask(calls: readonly RpcCall[], attempt = 1): Promise<RpcOutcome[]> {
    if (calls.length > this.batchSize) return this.askInParts(calls, this.batchSize, attempt);
    const outcomes = await this.post(calls);
    const failed = outcomes.flatMap((outcome, i) => {
      const call = calls[i];
      return call && "error" in outcome ? [{ i, call, error: outcome.error }] : [];
    });
    const tooMany = failed.filter(({ error }) => error.meaning === "batchTooLarge");
    if (tooMany.length > 0) {
      this.batchSize = Math.min(this.batchSize, Math.max(1, Math.floor(calls.length / 2)));
    }
    const passing = failed.filter(
      ({ call, error }) => attempt < this.attemptsAt(call, error.meaning),
    );
    const reasons = passing.map(({ error }) => error);
    if (passing.length > 0) await this.pause(reasons, attempt);
    if (this.closing.signal.aborted) return outcomes;
    const repeat = async (items: typeof failed, size: number, next: number) => {
      const again = items.map(({ call }) => call);
      const found = await this.askInParts(again, size, next);
      found.forEach((outcome, at) => (outcomes[items[at]?.i ?? 0] = outcome));
    };
    await Promise.all([
      // Smaller at once: that is no further attempt at the same.
      repeat(tooMany, this.batchSize, attempt),
      // Some endpoints drop a request with too many calls without an error.
      repeat(passing, Math.ceil(calls.length / 2), attempt + 1),
    ]);
    return outcomes;
  }

  private async askInParts(
    calls: readonly RpcCall[],
    size: number,
    attempt: number,
  ): Promise<RpcOutcome[]> {
    const parts: (readonly RpcCall[])[] = [];
    for (let i = 0; i < calls.length; i += size) parts.push(calls.slice(i, i + size));
    const outcomes: RpcOutcome[][] = [];
    let next = 0;
    const work = async () => {
      for (let at = next++; at < parts.length; at = next++) {
        outcomes[at] = await this.ask(parts[at] ?? [], attempt);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes.flat();
  }

  /** Returns how often a call is made in all that fails in this way. */
  private attemptsAt({ method, params }: RpcCall, meaning: Meaning): number {
    const { retryPolicy, lagPolicy } = this.options;
    const { attempts } = retryPolicy;
    const args = Array.isArray(params) ? (params as unknown[]) : [];
    const isSplit = mayAskForFewer(method, args[0]);
    // Some chains do not know these tags: waiting does not help.
    const isRare = args.some((tag) => tag === "finalized" || tag === "safe");
    const most: Partial<Record<Meaning, number>> = {
      unknown: isSplit ? 1 : Math.min(attempts, ATTEMPTS_AT_UNKNOWN),
      tooSlow: isSplit ? 1 : attempts,
      brokenAnswer: attempts,
      noAnswer: attempts,
      throttled: attempts + MORE_ATTEMPTS_WHEN_THROTTLED,
      lagging: isRare ? 1 : lagPolicy.attempts,
    };
    return most[meaning] ?? 1;
  }

  private async pause(errors: readonly EndpointError[], attempt: number): Promise<void> {
    const isLag = errors.every(({ meaning }) => meaning === "lagging");
    const { pauseMs, maxPauseMs } = isLag ? this.options.lagPolicy : this.options.retryPolicy;
    const usual = Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs);
    const wanted = Math.max(usual, ...errors.map((error) => error.pauseMs));
    const until = Date.now() + Math.min(wanted, LONGEST_PAUSE_MS);
    // Every request waits for an endpoint that throttles.
    if (errors.some(({ meaning }) => meaning === "throttled")) {
      this.quietUntil = Math.max(this.quietUntil, until);
    }
    await this.sleepUntil(until);
  }

  private async sleepUntil(until: number): Promise<void> {
    const ms = until - Date.now();
    if (ms <= 0 || this.closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.pauses.add(end);
    });
  }

  /** Makes one HTTP request. */
  private async post(calls: readonly RpcCall[]): Promise<RpcOutcome[]> {
    await this.sleepUntil(this.quietUntil);
    const bodies = calls.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
    const sent = await this.send(JSON.stringify(bodies.length > 1 ? bodies : bodies[0]));
    const outcomes = "meaning" in sent ? calls.map(() => sent) : outcomesOf(calls, sent);
    return calls.map(({ method }, i) => {
      const outcome = outcomes[i];
      if (outcome && "result" in outcome) return outcome;
      return { error: this.errorOf(method, outcome ?? { meaning: "noAnswer", words: "" }) };
    });
  }

  private async send(body: string): Promise<HttpAnswer | Failure> {
    const { url, headers } = this;
    const { answerTimeoutMs } = this.options;
    const late = AbortSignal.timeout(answerTimeoutMs);
    const signal = AbortSignal.any([this.closing.signal, late]);
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal });
      const text = await response.text();
      const pauseMs = pauseIn(response.headers.get("retry-after") ?? "");
      return { status: response.status, text, pauseMs };
    } catch (error) {
      if (!late.aborted) return { meaning: "noAnswer", words: innermostReason(error) };
      return { meaning: "tooSlow", words: `nothing came within ${answerTimeoutMs / 1_000} s` };
    }
  }

  private errorOf(method: string, failure: Failure): EndpointError {
    const { meaning, words, code, data, pauseMs = 0 } = failure;
    const reason = withoutSecret(words, this.secretUrl, "<url>").replace(/[.\s]+$/, "");
    const verb = NOTHING_SAID.includes(meaning) ? "did not answer" : "refused";
    return new EndpointError(meaning, `${this.name} ${verb} ${method}`, reason, {
      code,
      data,
      pauseMs: Math.max(pauseMs, pauseIn(reason), pauseInData(data)),
    });
  }
}

/** Returns whether a call reads logs of several blocks: `readLogs` then asks for fewer, instead of the same again. */
function mayAskForFewer(method: string, filter: unknown): boolean {
  if (method !== "eth_getLogs" || typeof filter !== "object" || filter === null) return false;
  const { fromBlock, toBlock } = filter as { fromBlock?: unknown; toBlock?: unknown };
  return fromBlock !== toBlock;
}
