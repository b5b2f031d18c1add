import { custom } from "viem";
import type { CustomTransport } from "viem";

import { RpcClient } from "../../../lib/core/rpcClient";
import type { RpcCall, RpcOutcome } from "../../../lib/core/rpcClient";
import type { DeployedChain } from "../deployments";

/** How many calls of the same moment travel together. */
const BATCH_SIZE = 20;

/** Somebody looks at the screen: what does not answer soon is told of, and asked again at the next reading. */
const POLICIES = {
  retryPolicy: { attempts: 2, pauseMs: 200, maxPauseMs: 2_000 },
  lagPolicy: { attempts: 5, pauseMs: 200, maxPauseMs: 1_000 },
};

/** How a chain is asked. */
export interface EndpointOptions {
  readonly answerTimeoutMs: number;
  /** Whether requests of the same moment travel together. */
  readonly together: boolean;
}

/** Asks a chain's endpoint as the terminal does, by the same table of what endpoints answer. */
export function endpoint(
  { name, rpcUrl }: Pick<DeployedChain, "name" | "rpcUrl">,
  { answerTimeoutMs, together }: EndpointOptions,
): CustomTransport {
  const client = new RpcClient(name, rpcUrl, {
    ...POLICIES,
    answerTimeoutMs,
    batchSize: BATCH_SIZE,
  });
  let waiting: { readonly call: RpcCall; settle: (outcome: RpcOutcome | undefined) => void }[] = [];
  let id = 0;
  const ask = async () => {
    const asked = waiting;
    waiting = [];
    const outcomes = await client.ask(asked.map(({ call }) => call));
    asked.forEach(({ settle }, i) => settle(outcomes[i]));
  };
  const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (outcome: RpcOutcome | undefined) => {
        if (outcome && "result" in outcome) resolve(outcome.result);
        else reject(outcome?.error ?? new Error(`${name} gave no answer to ${method}.`));
      };
      waiting.push({ call: { id: ++id, method, params: params ?? [] }, settle });
      if (!together) void ask();
      else if (waiting.length === 1) setTimeout(() => void ask(), 0);
    });
  return custom({ request }, { retryCount: 0 });
}
