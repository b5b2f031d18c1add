import { FetchRequest, JsonRpcProvider, Network, makeError } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";

import { isThrottled, isTransportFault } from "./faults";
import { REQUEST_PATIENCE, retrying } from "./retry";
import type { Patience } from "./retry";

/** How long a single answer may take, milliseconds. */
const ANSWER_TIMEOUT_MS = 20_000;

/** An endpoint that answers for another chain than it should. */
export class WrongChainError extends Error {
  override readonly name = "WrongChainError";

  constructor(
    readonly network: string,
    readonly expected: bigint,
    readonly actual: bigint,
  ) {
    super(
      `The RPC endpoint of ${network} answers as chain ${actual}, not ${expected}: correct its url.`,
    );
  }
}

/** How an endpoint is treated. */
export interface ProviderOptions {
  /** How long a single answer may take, milliseconds; 20 s unless named. */
  readonly answerTimeoutMs?: number;
  readonly patience?: Patience;
}

/**
 * Asks again when the endpoint times out, breaks off, or throttles. Every method may be asked twice:
 * reading changes nothing, and a signed transaction is the same one however often it is sent.
 */
class PatientProvider extends JsonRpcProvider {
  constructor(
    request: FetchRequest,
    network: Network,
    private readonly patience: Patience,
  ) {
    super(request, network, { staticNetwork: true, cacheTimeout: -1 });
  }

  override _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    return retrying(
      async () => {
        const answers = (await super._send(payload)) as (JsonRpcResult | JsonRpcError)[];
        const throttled = answers.find((answer) => "error" in answer && isThrottled(answer.error));
        if (throttled && "error" in throttled) {
          throw makeError(`throttled: ${throttled.error.message}`, "SERVER_ERROR", {
            request: "eth_*",
          });
        }
        return answers as JsonRpcResult[];
      },
      (error) => !this.destroyed && isTransportFault(error),
      this.patience,
    );
  }
}

/**
 * A provider for one chain that is patient with its endpoint. The chain id is asked for once, so that
 * a url that was mixed up is found before anything is signed.
 * @throws WrongChainError when another chain answers; an error naming the network when none does.
 */
export async function openProvider(
  network: string,
  url: string,
  chainId: bigint,
  { answerTimeoutMs = ANSWER_TIMEOUT_MS, patience = REQUEST_PATIENCE }: ProviderOptions = {},
): Promise<JsonRpcProvider> {
  const request = new FetchRequest(url);
  request.timeout = answerTimeoutMs;
  // ethers would go on for minutes with an endpoint that throttles: patience is had in one place.
  request.setThrottleParams({ maxAttempts: 1 });
  const provider = new PatientProvider(request, new Network(network, chainId), patience);
  let actual: bigint;
  try {
    actual = BigInt((await provider.send("eth_chainId", [])) as string);
  } catch (error) {
    provider.destroy();
    throw new Error(`The RPC endpoint of ${network} does not answer: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  if (actual !== chainId) {
    provider.destroy();
    throw new WrongChainError(network, chainId, actual);
  }
  return provider;
}

/** Why an endpoint did not answer, without its url: providers put their key into it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { shortMessage } = error as { shortMessage?: string };
  return (shortMessage ?? error.message).replace(/https?:\/\/\S+/g, "<url>");
}
