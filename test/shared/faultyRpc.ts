import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A fault of one HTTP request, which may carry several calls. */
export type Fault =
  /** The node answers. */
  | "pass"
  /** The request is never answered. */
  | "hang"
  /** Too many requests, without the node hearing of it. */
  | "429"
  /** The same, with status 200 and an error in the answer. */
  | "throttled"
  /** The node hears and answers, but the answer is lost. */
  | "lose answer"
  /** The connection breaks before the node receives the request. */
  | "break"
  /** The node does not receive it; the answer is an error with these words. */
  | {
      readonly refuse: string;
      /** JSON-RPC's code; -32000 unless named. */
      readonly code?: number;
      readonly data?: unknown;
      /** HTTP's status; 200 unless named. */
      readonly status?: number;
      /** True if one error answers all calls of a batch. */
      readonly whole?: boolean;
    }
  /** The node does not receive it; this is the answer, whatever it is. */
  | {
      readonly body: string;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The node hears and answers, and this is made of its answer. */
  | { readonly spoil: (answer: string) => string }
  /** The node hears these calls instead and answers, and this is made of its answer to each call. */
  | {
      readonly ask?: (call: RpcCall) => RpcCall;
      readonly amend: (call: RpcCall, answer: RpcAnswer) => RpcAnswer;
    }
  /** A node answers whose newest block is so many blocks older than the newest one. */
  | { readonly behind: number }
  /** The node hears only the first calls of a batch, and the others stay without an answer. */
  | { readonly first: number }
  /** The node does not receive it; the answer is what the caller expects. */
  | { readonly pretend: (call: RpcCall) => unknown };

/** A JSON-RPC call. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The answer to a JSON-RPC call. */
export interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A loopback endpoint in front of a node, with faults injected by a test. */
export interface FaultyRpc {
  readonly url: string;
  /** Every call that reached the endpoint, in order. */
  readonly calls: readonly RpcCall[];
  /** The calls of every HTTP request, in order. */
  readonly requests: readonly (readonly RpcCall[])[];
  /** Decides what happens to each request from now on. */
  inject(decide: (calls: readonly RpcCall[]) => Fault | Promise<Fault>): void;
  close(): Promise<void>;
}

/** A fault for the first `times` requests that contain a method; everything else passes. */
export function faultOn(
  method: string,
  fault: Fault,
  times = 1,
): (calls: readonly RpcCall[]) => Fault {
  let left = times;
  return (calls) => {
    if (!calls.some((call) => call.method === method) || left === 0) return "pass";
    left -= 1;
    return fault;
  };
}

/** Starts an endpoint that passes everything on to `target` until a fault is set. */
export async function startFaultyRpc(target: string): Promise<FaultyRpc> {
  let decide: (calls: readonly RpcCall[]) => Fault | Promise<Fault> = () => "pass";
  const calls: RpcCall[] = [];
  const requests: RpcCall[][] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const parsed = JSON.parse(body) as RpcCall | RpcCall[];
    const batch = Array.isArray(parsed) ? parsed : [parsed];
    calls.push(...batch);
    requests.push(batch);
    const fault = await decide(batch);
    const answer = (text: string, status = 200, headers: Readonly<Record<string, string>> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(text);
    };
    const forward = async (content = body) => {
      const headers = { "content-type": "application/json" };
      const reply = await fetch(target, { method: "POST", headers, body: content });
      return reply.text();
    };
    const amended = async (
      amend: (call: RpcCall, answer: RpcAnswer) => RpcAnswer,
      content = batch,
    ) => {
      const replies = JSON.parse(await forward(JSON.stringify(content))) as (RpcAnswer & {
        id: number;
      })[];
      const results = batch.map((call) => {
        const { result, error } = replies.find(({ id }) => id === call.id) ?? {};
        const own = error ? { error } : { result };
        return { jsonrpc: "2.0", id: call.id, ...amend(call, own) };
      });
      return JSON.stringify(Array.isArray(parsed) ? results : results[0]);
    };
    if (fault === "hang") return;
    if (fault === "429") return answer("{}", 429);
    if (fault === "break") return void request.socket.destroy();
    if (fault === "lose answer") {
      await forward();
      return void request.socket.destroy();
    }
    if (fault === "pass") return answer(await forward());
    if (fault !== "throttled" && "body" in fault) {
      return answer(fault.body, fault.status, fault.headers);
    }
    if (fault !== "throttled" && "spoil" in fault) return answer(fault.spoil(await forward()));
    if (fault !== "throttled" && "amend" in fault) {
      return answer(await amended(fault.amend, fault.ask && batch.map(fault.ask)));
    }
    if (fault !== "throttled" && "behind" in fault) {
      const ask = { jsonrpc: "2.0", id: 0, method: "eth_blockNumber", params: [] };
      const { result } = JSON.parse(await forward(JSON.stringify(ask))) as { result: string };
      const head = Number(result) - fault.behind;
      const asked = batch.map((call) => askedAt(call, head));
      return answer(await amended((call, own) => knownAt(call, own, head), asked));
    }
    if (fault !== "throttled" && "first" in fault) {
      return answer(await forward(JSON.stringify(batch.slice(0, fault.first))));
    }
    const outcomeOf = (call: RpcCall) => {
      if (fault === "throttled") return { error: { code: -32005, message: "rate limit exceeded" } };
      if ("pretend" in fault) return { result: fault.pretend(call) };
      const { refuse: message, code = -32000, data } = fault;
      return { error: { code, message, ...(data !== undefined && { data }) } };
    };
    const status = typeof fault === "object" && "refuse" in fault ? fault.status : undefined;
    if (typeof fault === "object" && "refuse" in fault && fault.whole && batch[0]) {
      return answer(JSON.stringify({ jsonrpc: "2.0", id: null, ...outcomeOf(batch[0]) }), status);
    }
    const results = batch.map((call) => ({ jsonrpc: "2.0", id: call.id, ...outcomeOf(call) }));
    answer(JSON.stringify(Array.isArray(parsed) ? results : results[0]), status);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    requests,
    inject: (next) => {
      decide = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Returns a call as a node answers it whose newest block is this one. */
function askedAt(call: RpcCall, head: number): RpcCall {
  const params = call.params.map((param) => (param === "latest" ? toHex(head) : param));
  return { ...call, params };
}

/** Returns the answer of a node whose newest block is this one: it knows nothing of later blocks. */
function knownAt({ method, params }: RpcCall, answer: RpcAnswer, head: number): RpcAnswer {
  const { result } = answer;
  if (method === "eth_blockNumber") return { result: toHex(head) };
  if (method === "eth_getBlockByNumber" && Number(params[0]) > head) return { result: null };
  if (Array.isArray(result)) {
    return { result: result.filter((item: unknown) => !isAfter(item, head)) };
  }
  return isAfter(result, head) ? { result: null } : answer;
}

/** Returns whether a log, a receipt or a transaction is of a later block. */
function isAfter(item: unknown, head: number): boolean {
  if (typeof item !== "object" || item === null || !("blockNumber" in item)) return false;
  return Number(item.blockNumber) > head;
}

function toHex(value: number): string {
  return `0x${value.toString(16)}`;
}
