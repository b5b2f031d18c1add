import { custom } from "viem";
import type { CustomTransport } from "viem";

import { RpcClient } from "core/endpoint/client";
import type { RpcCall, RpcOutcome } from "core/endpoint/client";
import type { DeployedChain } from "../deployments";
import { ContradictionError } from "./useReadings";

/** Maximum number of calls in one batch request. */
const BATCH_SIZE = 20;

/** A user watches the page: a slow call fails early, and is repeated in the next reading. */
const POLICIES = {
  retryPolicy: { attempts: 2, pauseMs: 200, maxPauseMs: 2_000 },
  lagPolicy: { attempts: 5, pauseMs: 200, maxPauseMs: 1_000 },
};

/** Settings of a chain's endpoint. */
export interface EndpointOptions {
  readonly answerTimeoutMs: number;
  /** True when simultaneous requests are batched. */
  readonly together: boolean;
}

type Settled = RpcOutcome | { readonly error: ContradictionError } | undefined;

/**
 * Creates the transport of a chain's endpoint, with the same error table as the command line. No result is used
 * before the endpoint's chain id is verified: contracts may have the same address on another chain.
 */
export function endpoint(
  { name, rpcUrl, chainId }: Pick<DeployedChain, "name" | "rpcUrl" | "chainId">,
  { answerTimeoutMs, together }: EndpointOptions,
): CustomTransport {
  const client = new RpcClient(name, rpcUrl, {
    ...POLICIES,
    answerTimeoutMs,
    batchSize: BATCH_SIZE,
  });
  let waiting: { readonly call: RpcCall; settle: (outcome: Settled) => void }[] = [];
  let id = 0;
  let isThisChain = false;
  const ask = async () => {
    const asked = waiting;
    waiting = [];
    const calls = asked.map(({ call }) => call);
    if (isThisChain) {
      const outcomes = await client.ask(calls);
      asked.forEach(({ settle }, i) => settle(outcomes[i]));
      return;
    }
    const question = { id: ++id, method: "eth_chainId", params: [] };
    const [served, ...outcomes] = await client.ask([question, ...calls]);
    const refusal = !served || "error" in served ? served : otherChain(chainId, served.result);
    isThisChain = refusal === undefined && served !== undefined;
    asked.forEach(({ settle }, i) => settle(isThisChain ? outcomes[i] : refusal));
  };
  const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (outcome: Settled) => {
        if (outcome && "result" in outcome) resolve(outcome.result);
        else reject(outcome?.error ?? new Error(`${name} gave no answer to ${method}.`));
      };
      waiting.push({ call: { id: ++id, method, params: params ?? [] }, settle });
      if (!together) void ask();
      else if (waiting.length === 1) setTimeout(() => void ask(), 0);
    });
  return custom({ request }, { retryCount: 0 });
}

function otherChain(chainId: number, served: unknown) {
  if (Number(served) === chainId) return undefined;
  return {
    error: new ContradictionError(
      `its endpoint serves the chain of id ${Number(served)}, and this one has ${chainId}`,
    ),
  };
}
