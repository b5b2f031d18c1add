import { FeeData, JsonRpcProvider, Network, makeError } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";

import { CodedError, OperatorError } from "../core/errors";
import { EndpointError, meaningOf } from "../core/endpoint/errors";
import { RpcClient } from "../core/endpoint/client";
import type { RpcClientOptions } from "../core/endpoint/client";

/** An endpoint that answers for another chain. */
export class WrongChainError extends CodedError {
  override readonly name = "WrongChainError";
  readonly code = "WRONG_CHAIN";
}

/**
 * A provider on top of {@link RpcClient}, which retries. Every method may be repeated: reads change nothing, and a
 * signed transaction has one hash however often it is sent.
 */
class EndpointProvider extends JsonRpcProvider {
  constructor(
    private readonly client: RpcClient,
    network: Network,
  ) {
    super(undefined, network, { staticNetwork: true, cacheTimeout: -1 });
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const calls = [payload].flat();
    const outcomes = await this.client.ask(calls);
    // ethers takes errors among the results, and hands them to getRpcError.
    return outcomes.map((outcome, i) => ({ id: calls[i]?.id ?? 0, ...outcome })) as JsonRpcResult[];
  }

  /** Leaves reverts to ethers; returns every other error as it is. */
  override getRpcError(payload: JsonRpcPayload, answer: JsonRpcError): Error {
    const { error } = answer as { error: unknown };
    if (!(error instanceof EndpointError)) return super.getRpcError(payload, answer);
    if (error.meaning !== "reverted" && error.meaning !== "unsupported") return error;
    const { code, reason: message, data } = error;
    const plain = { code: typeof code === "number" ? code : 0, message, data };
    return super.getRpcError(payload, { ...answer, error: plain });
  }

  /** Reads the fees of the node; one that suggests no tip includes it in its gas price. */
  override async getFeeData(): Promise<FeeData> {
    const [block, gasPrice, suggested] = await Promise.all([
      this.getBlock("latest"),
      this.send("eth_gasPrice", []).then(BigInt),
      this.send("eth_maxPriorityFeePerGas", []).then(BigInt, (error: unknown) => {
        if (meaningOf(error) === "unsupported") return undefined;
        throw error;
      }),
    ]);
    const baseFee = block?.baseFeePerGas;
    if (baseFee === undefined || baseFee === null) return new FeeData(gasPrice);
    const tip = suggested ?? (gasPrice > baseFee ? gasPrice - baseFee : 0n);
    return new FeeData(gasPrice, 2n * baseFee + tip, tip);
  }

  override destroy(): void {
    this.client.close();
    super.destroy();
  }
}

/**
 * Opens a provider of one chain that retries. The chain id is read once, so that
 * a wrong url is found before anything is signed.
 * @throws WrongChainError when another chain answers; an error naming the network when none does.
 */
export async function openProvider(
  network: string,
  url: string,
  chainId: bigint,
  options: RpcClientOptions = {},
): Promise<JsonRpcProvider> {
  const client = new RpcClient(network, url, options);
  const provider = new EndpointProvider(client, new Network(network, chainId));
  try {
    const actual = BigInt((await provider.send("eth_chainId", [])) as string);
    if (actual === chainId) return provider;
    throw new WrongChainError(
      `The RPC endpoint of ${network} answers as chain ${actual}, not ${chainId}: correct its url.`,
    );
  } catch (error) {
    provider.destroy();
    if (error instanceof WrongChainError) throw error;
    const reason = error instanceof EndpointError ? error.reason : String(error);
    const message = `The RPC endpoint of ${network} does not answer: ${reason}`;
    throw new OperatorError("ENDPOINT_UNAVAILABLE", message, { cause: error });
  }
}

/** A provider in the place of an endpoint that does not answer: every request fails. */
export class AbsentProvider extends JsonRpcProvider {
  constructor(
    private readonly chain: string,
    chainId: bigint,
  ) {
    super(undefined, new Network(chain, chainId), { staticNetwork: true });
  }

  override _send(): Promise<JsonRpcResult[]> {
    const error: Error = makeError(`${this.chain} does not answer`, "NETWORK_ERROR", {
      event: "absent",
    });
    return Promise.reject(error);
  }
}
