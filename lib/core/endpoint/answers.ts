import { keccak256 } from "ethers";
import { z } from "zod";

import { meaningOfAnswer, shortened } from "./errors";
import type { Meaning } from "./errors";

/** A JSON-RPC call. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** An HTTP answer to one or several calls. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The pause that its headers ask for, milliseconds; 0 for none. */
  readonly pauseMs: number;
}

/** The reason why a call has no result. */
export interface Failure {
  readonly meaning: Meaning;
  readonly words: string;
  readonly code?: unknown;
  readonly data?: unknown;
  /** The pause that the headers of the answer ask for, milliseconds. */
  readonly pauseMs?: number;
}

type Outcome = { readonly result: unknown } | Failure;

/** Reads the outcome of each call from the answer to all of them, in their order. */
export function outcomesOf(calls: readonly RpcCall[], answer: HttpAnswer): readonly Outcome[] {
  const { status, text, pauseMs } = answer;
  const inBatch = calls.length > 1;
  const document = parsed(text);
  const each = (item: unknown) => calls.map((call) => outcomeOf(call, item, answer, inBatch));
  const all = (failure: Failure) => calls.map(() => failure);
  if (Array.isArray(document)) {
    const items = document as unknown[];
    // An error without an id is every call's; a result without an id is no call's.
    const shared = items.find((item) => idOf(item) === "null" && isObject(item) && "error" in item);
    return calls.map((call) => {
      const own = items.find((item) => idOf(item) === String(call.id)) ?? shared;
      if (own !== undefined) return outcomeOf(call, own, answer, inBatch);
      const words = `no answer to call ${call.id} among ${items.length}`;
      return { meaning: inBatch ? "batchTooLarge" : "brokenAnswer", words };
    });
  }
  if (!inBatch && idOf(document) === String(calls[0]?.id)) return each(document);
  const error = errorIn(document);
  const message = /^\s*[<{[]/.test(text) ? undefined : text;
  const meaning = meaningOfAnswer({ ...(error ?? { message }), status, inBatch });
  const said = text.trim() ? `"${shortened(text)}"` : "nothing";
  const words = error ? wordsOf(error) : `HTTP status ${status} with ${said}`;
  if (inBatch && isWhollyRefused(status, meaning, error)) {
    return all({ meaning: "batchTooLarge", words, pauseMs });
  }
  if (error) return each({ error });
  return all({ meaning: meaning === "unknown" ? "brokenAnswer" : meaning, words, pauseMs });
}

function outcomeOf(
  { method, params }: RpcCall,
  answer: unknown,
  { status, pauseMs }: HttpAnswer,
  inBatch: boolean,
): Outcome {
  const { error, result } = isObject(answer) ? answer : {};
  if (error !== undefined && error !== null) {
    const item = isObject(error) ? error : { message: error };
    const meaning = meaningOfAnswer({ ...item, status, method, inBatch });
    const { code, data } = item;
    // A known error is reported by its message, an unknown one in full.
    const words = meaning === "unknown" ? wordsInFull(item) : wordsOf(item);
    return { meaning, words, code, data, pauseMs };
  }
  if (isPossible(method, Array.isArray(params) ? params : [], result)) return { result };
  const words = `a result that cannot be one: ${shortened(JSON.stringify(result) ?? "none")}`;
  return { meaning: "brokenAnswer", words };
}

const quantity = z.string().regex(/^0x[0-9a-f]+$/i);
const data = z.string().regex(/^0x([0-9a-f]{2})*$/i);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/i);
const log = z.object({ address: data, topics: z.array(hash), data });
const block = z.object({ number: quantity.nullable(), timestamp: quantity });

/** Minimal schemas of results by method; other methods may answer anything. */
const RESULTS: Readonly<Record<string, z.ZodType>> = {
  eth_blockNumber: quantity,
  eth_call: data,
  eth_chainId: quantity,
  eth_estimateGas: quantity,
  eth_gasPrice: quantity,
  eth_getBalance: quantity,
  eth_getBlockByHash: block.nullable(),
  eth_getBlockByNumber: block.nullable(),
  eth_getCode: data,
  eth_getLogs: z.array(log.extend({ blockNumber: quantity, transactionHash: hash })),
  eth_getStorageAt: z.string().regex(/^0x[0-9a-f]*$/i),
  eth_getTransactionByHash: z.object({ hash, from: data }).nullable(),
  eth_getTransactionCount: quantity,
  eth_getTransactionReceipt: z
    .object({ transactionHash: hash, blockNumber: quantity, logs: z.array(log) })
    .nullable(),
  eth_maxPriorityFeePerGas: quantity,
  eth_sendRawTransaction: hash,
};

/** Returns whether a result is possible for a method: some endpoints answer `null` where that is impossible. */
function isPossible(method: string, [first]: readonly unknown[], result: unknown): boolean {
  if (result === undefined) return false;
  // A chain always has a newest block; only numbers may be ahead of an endpoint.
  if (method === "eth_getBlockByNumber" && first === "latest" && result === null) return false;
  if (!(RESULTS[method]?.safeParse(result).success ?? true)) return false;
  if (method !== "eth_sendRawTransaction" || typeof first !== "string") return true;
  return typeof result === "string" && result.toLowerCase() === keccak256(first);
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
  const details = ["code", "data"]
    .filter((key) => error[key] !== undefined && error[key] !== null)
    .map((key) => `${key} ${JSON.stringify(error[key])}`);
  return details.length > 0 ? `${wordsOf(error)} (${details.join(", ")})` : wordsOf(error);
}

/** Reads how long an endpoint asks to wait, milliseconds; 0 when it does not say. */
export function pauseIn(said: string): number {
  if (/^\d+(\.\d+)?$/.test(said.trim())) return Number(said) * 1_000;
  const [, count = "0", unit = "s"] =
    /(?:\bin|after|^)\s*(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|seconds?|m|minutes?)\b/i.exec(said) ??
    [];
  const unitMs = /^ms|^milli/i.test(unit) ? 1 : /^s/i.test(unit) ? 1_000 : 60_000;
  return Number(count) * unitMs;
}

/** Reads the pause that some providers name in the data of an error. */
export function pauseInData(data: unknown): number {
  if (!isObject(data)) return 0;
  const said = isObject(data.rate) ? data.rate.backoff_seconds : data.try_again_in;
  return typeof said === "number" || typeof said === "string" ? pauseIn(String(said)) : 0;
}
