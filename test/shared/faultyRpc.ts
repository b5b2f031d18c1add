import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to one HTTP request, which may carry several calls. */
export type Fault =
  /** The node answers. */
  | "pass"
  /** Nobody ever answers. */
  | "hang"
  /** Too many requests, without the node hearing of it. */
  | "429"
  /** The same, with status 200 and an error in the answer. */
  | "throttled"
  /** The node hears and answers, but the answer is lost. */
  | "lose answer"
  /** The connection breaks before the node hears of it. */
  | "break"
  /** The node does not hear of it; the answer is an error with these words. */
  | { readonly refuse: string }
  /** The node does not hear of it; the answer is what the caller hopes for. */
  | { readonly pretend: (call: RpcCall) => unknown };

/** A JSON-RPC call. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A loopback endpoint in front of a node, with faults in a test's hand. */
export interface FaultyRpc {
  readonly url: string;
  /** Every call that reached the endpoint, in order. */
  readonly calls: readonly RpcCall[];
  /** Decides what happens to each request from now on. */
  inject(decide: (calls: readonly RpcCall[]) => Fault): void;
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

/** Starts an endpoint that passes everything on to `target`, until told otherwise. */
export async function startFaultyRpc(target: string): Promise<FaultyRpc> {
  let decide: (calls: readonly RpcCall[]) => Fault = () => "pass";
  const calls: RpcCall[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const parsed = JSON.parse(body) as RpcCall | RpcCall[];
    const batch = Array.isArray(parsed) ? parsed : [parsed];
    calls.push(...batch);
    const fault = decide(batch);
    const answer = (text: string, status = 200) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(text);
    };
    const forward = async () => {
      const headers = { "content-type": "application/json" };
      const reply = await fetch(target, { method: "POST", headers, body });
      return reply.text();
    };
    if (fault === "hang") return;
    if (fault === "429") return answer("{}", 429);
    if (fault === "break") return void request.socket.destroy();
    if (fault === "lose answer") {
      await forward();
      return void request.socket.destroy();
    }
    if (fault === "pass") return answer(await forward());
    const outcomeOf = (call: RpcCall) => {
      if (fault === "throttled") return { error: { code: -32005, message: "rate limit exceeded" } };
      if ("refuse" in fault) return { error: { code: -32000, message: fault.refuse } };
      return { result: fault.pretend(call) };
    };
    const results = batch.map((call) => ({ jsonrpc: "2.0", id: call.id, ...outcomeOf(call) }));
    answer(JSON.stringify(Array.isArray(parsed) ? results : results[0]));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
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
