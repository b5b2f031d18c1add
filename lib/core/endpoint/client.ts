import { EndpointError, TREATMENTS, meaningOfAnswer } from "./errors";
import type { Meaning } from "./errors";
import { isPossibleResult } from "./results";
import { basicCredentials, withoutSecret } from "../secrets";

/** A JSON-RPC call. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

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

/** The most characters quoted of an answer that is not JSON. */
const QUOTED_CHARACTERS = 120;

/** A JSON-RPC client over HTTP that retries as {@link TREATMENTS} says. */
export class RpcClient {
  private batchSize: number;
  private readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly options: Required<Omit<RpcClientOptions, "batchSize">>;
  private quietUntil = 0;
  private isClosed = false;
  /** Ends what is under way. */
  private readonly cancels = new Set<() => void>();

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
    this.isClosed = true;
    for (const cancel of this.cancels) cancel();
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
    const passing = failed.filter(({ call, error }) => this.mayPass(call, error, attempt));
    const reasons = passing.map(({ error }) => error);
    if (passing.length > 0) await this.pause(reasons, attempt);
    if (this.isClosed) return outcomes;
    const repeated = await Promise.all(
      [
        // Smaller at once: that is no further attempt at the same.
        { items: tooMany, next: attempt, size: this.batchSize },
        // Some endpoints drop a request with too many calls without an error.
        { items: passing, next: attempt + 1, size: Math.ceil(calls.length / 2) },
      ].map(async ({ items, next, size }) => {
        const found = await this.askInParts(
          items.map(({ call }) => call),
          size,
          next,
        );
        return items.map(({ i }, at) => [i, found[at]] as const);
      }),
    );
    for (const [i, outcome] of repeated.flat()) if (outcome) outcomes[i] = outcome;
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

  private mayPass(
    { method, params }: RpcCall,
    { meaning }: EndpointError,
    attempt: number,
  ): boolean {
    const { retryPolicy, lagPolicy } = this.options;
    const { attempts } = retryPolicy;
    // Fewer blocks are more likely to be answered than the same range again: `readLogs` asks for fewer.
    if (method === "eth_getLogs" && spansBlocks(params) && SHRINKS.includes(meaning)) return false;
    switch (TREATMENTS[meaning].again) {
      case "no":
      case "smaller":
        return false;
      case "little":
        return attempt < Math.min(attempts, ATTEMPTS_AT_UNKNOWN);
      case "often":
        return attempt < attempts;
      case "backOff":
        return attempt < attempts + MORE_ATTEMPTS_WHEN_THROTTLED;
      case "untilBlock":
        return attempt < lagPolicy.attempts && !namesRareBlock(params);
    }
  }

  private async pause(errors: readonly EndpointError[], attempt: number): Promise<void> {
    const isLag = errors.every(({ meaning }) => meaning === "lagging");
    const { pauseMs, maxPauseMs } = isLag ? this.options.lagPolicy : this.options.retryPolicy;
    const usual = Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs);
    const wanted = Math.max(usual, ...errors.map((error) => pausesWanted.get(error) ?? 0));
    const until = Date.now() + Math.min(wanted, LONGEST_PAUSE_MS);
    // Every request waits for an endpoint that throttles.
    if (errors.some(({ meaning }) => meaning === "throttled")) {
      this.quietUntil = Math.max(this.quietUntil, until);
    }
    await this.sleepUntil(until);
  }

  private async sleepUntil(until: number): Promise<void> {
    const ms = until - Date.now();
    if (ms <= 0 || this.isClosed) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.cancels.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.cancels.add(end);
    });
  }

  /** Makes one HTTP request. */
  private async post(calls: readonly RpcCall[]): Promise<RpcOutcome[]> {
    await this.sleepUntil(this.quietUntil);
    const bodies = calls.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
    const [only] = bodies;
    const inBatch = bodies.length > 1;
    const all = (failure: Failure): RpcOutcome[] =>
      calls.map((call) => ({ error: this.errorOf(call, failure) }));
    const sent = await this.send(JSON.stringify(inBatch ? bodies : only));
    if ("failure" in sent) return all(sent.failure);
    const { status, text, retryAfter } = sent;
    const pauseMs = pauseIn(retryAfter) || Math.max(0, Date.parse(retryAfter) - Date.now()) || 0;
    const answer = parsed(text);
    if (Array.isArray(answer)) {
      // An error without an id is every call's; a result without an id is no call's.
      const unexpected = (answer as unknown[]).find(
        (item) => idOf(item) === "null" && isObject(item) && "error" in item,
      );
      const outcome = { status, pauseMs, inBatch };
      return calls.map((call) => {
        const own: unknown = answer.find((item) => idOf(item) === String(call.id)) ?? unexpected;
        if (own !== undefined) return this.outcomeOf(call, own, outcome);
        const words = `no answer to call ${call.id} among ${answer.length}`;
        const meaning = inBatch ? "batchTooLarge" : "brokenAnswer";
        return { error: this.errorOf(call, { meaning, words }) };
      });
    }
    const isOwn = !inBatch && (idOf(answer) === String(only?.id) || idOf(answer) === "null");
    if (isOwn && isObject(answer) && ("error" in answer || idOf(answer) !== "null")) {
      return calls.map((call) => this.outcomeOf(call, answer, { status, pauseMs, inBatch }));
    }
    const error = errorIn(answer);
    const message = /^\s*[<{[]/.test(text) ? undefined : text;
    const meaning = meaningOfAnswer({ ...(error ?? { message }), status, inBatch });
    const words = error ? wordsOf(error) : quoted(status, text);
    if (inBatch && isWhollyRefused(status, meaning, error)) {
      return all({ meaning: "batchTooLarge", words, pauseMs });
    }
    if (error) {
      return calls.map((call) => this.outcomeOf(call, { error }, { status, pauseMs, inBatch }));
    }
    return all({ meaning: meaning === "unknown" ? "brokenAnswer" : meaning, words, pauseMs });
  }

  private async send(
    body: string,
  ): Promise<
    | { readonly status: number; readonly text: string; readonly retryAfter: string }
    | { readonly failure: Failure }
  > {
    const { answerTimeoutMs } = this.options;
    const controller = new AbortController();
    const cancel = () => controller.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, answerTimeoutMs);
    this.cancels.add(cancel);
    try {
      const { signal } = controller;
      const { url, headers } = this;
      const response = await fetch(url, { method: "POST", headers, body, signal });
      const text = await response.text();
      return {
        status: response.status,
        text,
        retryAfter: response.headers.get("retry-after") ?? "",
      };
    } catch (error) {
      if (isLate) {
        const words = `nothing came within ${answerTimeoutMs / 1_000} s`;
        return { failure: { meaning: "tooSlow", words } };
      }
      return { failure: { meaning: "noAnswer", words: reasonOf(error) } };
    } finally {
      clearTimeout(timer);
      this.cancels.delete(cancel);
    }
  }

  private outcomeOf(
    call: RpcCall,
    answer: unknown,
    { status, pauseMs, inBatch }: { status: number; pauseMs: number; inBatch: boolean },
  ): RpcOutcome {
    const { method, params } = call;
    const { error, result } = isObject(answer) ? answer : {};
    if (error !== undefined && error !== null) {
      const item = isObject(error) ? error : { message: error };
      const meaning = meaningOfAnswer({ ...item, status, method, inBatch });
      const { code, data } = item;
      // A known error is reported by its message, an unknown one in full.
      const words = meaning === "unknown" ? wordsInFull(item) : wordsOf(item);
      return { error: this.errorOf(call, { meaning, words, code, data, pauseMs }) };
    }
    if (isPossibleResult(method, Array.isArray(params) ? params : [], result)) return { result };
    const words = `a result that cannot be one: ${shortened(JSON.stringify(result) ?? "none")}`;
    return { error: this.errorOf(call, { meaning: "brokenAnswer", words }) };
  }

  private errorOf({ method }: RpcCall, failure: Failure): EndpointError {
    const { meaning, code, data, pauseMs = 0 } = failure;
    const reason = withoutSecret(failure.words, this.secretUrl, "<url>").replace(/[.\s]+$/, "");
    const verb = NOTHING_SAID.includes(meaning) ? "did not answer" : "refused";
    const error = new EndpointError(meaning, `${this.name} ${verb} ${method}`, reason, {
      code,
      data,
    });
    const wanted = Math.max(pauseMs, pauseIn(reason), pauseIn(backoffIn(data)));
    if (wanted > 0) pausesWanted.set(error, wanted);
    return error;
  }
}

/** Meanings that are no refusal. */
const NOTHING_SAID: readonly Meaning[] = ["brokenAnswer", "noAnswer", "tooSlow"];

/** The reason why a request failed. */
interface Failure {
  readonly meaning: Meaning;
  readonly words: string;
  readonly code?: unknown;
  readonly data?: unknown;
  readonly pauseMs?: number;
}

/** Pauses that endpoints asked for, milliseconds. */
const pausesWanted = new WeakMap<EndpointError, number>();

/** Meanings that may pass with fewer blocks. */
const SHRINKS: readonly Meaning[] = ["tooSlow", "unknown"];

/** Returns whether a filter of logs spans more than one block. */
function spansBlocks(params: unknown): boolean {
  const [filter] = Array.isArray(params) ? (params as unknown[]) : [];
  return isObject(filter) && filter.fromBlock !== filter.toBlock;
}

/** Returns whether a call names a tag that some chains do not know: waiting does not help. */
function namesRareBlock(params: unknown): boolean {
  const named = Array.isArray(params) ? (params as unknown[]) : [];
  return named.some((param) => param === "finalized" || param === "safe" || param === "pending");
}

/** Returns whether a request was refused for carrying several calls. */
function isWhollyRefused(status: number, meaning: Meaning, error: unknown): boolean {
  if (meaning === "batchTooLarge") return true;
  if (["throttled", "accessRefused", "lagging", "brokenAnswer"].includes(meaning)) return false;
  return error !== undefined || (status >= 400 && status < 500);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function idOf(answer: unknown): string | undefined {
  return isObject(answer) && "id" in answer ? String(answer.id) : undefined;
}

/** Finds the error in an answer, which not every endpoint gives JSON-RPC's form. */
function errorIn(answer: unknown): Record<string, unknown> | undefined {
  if (!isObject(answer)) return undefined;
  const { error } = answer;
  if (isObject(error)) return error;
  if (typeof error === "string") return { message: error };
  return typeof answer.message === "string" ? answer : undefined;
}

function wordsOf({ message }: Record<string, unknown>): string {
  return typeof message === "string" && message ? message : "an error without a message";
}

/** Writes out an error of JSON-RPC: its message, code and data. */
function wordsInFull(error: Record<string, unknown>): string {
  const { code, data } = error;
  const details = [
    ...(code === undefined ? [] : [`code ${JSON.stringify(code)}`]),
    ...(data === undefined || data === null ? [] : [`data ${JSON.stringify(data)}`]),
  ];
  return details.length > 0 ? `${wordsOf(error)} (${details.join(", ")})` : wordsOf(error);
}

function quoted(status: number, text: string): string {
  const said = text.trim() ? `"${shortened(text)}"` : "nothing";
  return `HTTP status ${status} with ${said}`;
}

function shortened(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line;
}

/** Says why there is no answer: the innermost cause, for fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return reasonOf(cause);
  const { code } = error as { code?: unknown };
  return [error.message, code].filter((item) => typeof item === "string" && item).join(" ");
}

/** Reads how long to wait, milliseconds; 0 when that is not said. */
function pauseIn(said: string | null | undefined): number {
  if (!said) return 0;
  if (/^\d+(\.\d+)?$/.test(said.trim())) return Number(said) * 1_000;
  const [, count, unit = "s"] =
    /(?:\bin|after|^)\s*(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|seconds?|m|minutes?)\b/i.exec(said) ??
    [];
  if (count !== undefined) {
    const unitMs = /^ms|^milli/i.test(unit) ? 1 : /^s/i.test(unit) ? 1_000 : 60_000;
    return Number(count) * unitMs;
  }
  return 0;
}

/** Finds the pause that some providers name in the data of an error. */
function backoffIn(data: unknown): string | undefined {
  if (!isObject(data)) return undefined;
  const rate = isObject(data.rate) ? data.rate.backoff_seconds : undefined;
  const said = rate ?? data.try_again_in;
  return typeof said === "number" || typeof said === "string" ? String(said) : undefined;
}
