import { FetchRequest, JsonRpcProvider, Network } from "ethers";

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

/**
 * A provider for one chain. Throttled answers (429) are tried again by ethers itself; the chain id is
 * asked for once, so that a url that was mixed up is found before anything is signed.
 * @throws WrongChainError when another chain answers; an error naming the network when none does.
 */
export async function openProvider(
  network: string,
  url: string,
  chainId: bigint,
): Promise<JsonRpcProvider> {
  const request = new FetchRequest(url);
  request.timeout = ANSWER_TIMEOUT_MS;
  const provider = new JsonRpcProvider(request, Network.from(chainId), {
    staticNetwork: true,
    cacheTimeout: -1,
  });
  let actual: bigint;
  try {
    actual = BigInt((await provider.send("eth_chainId", [])) as string);
  } catch (error) {
    provider.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The RPC endpoint of ${network} does not answer: ${reason}`, { cause: error });
  }
  if (actual !== chainId) {
    provider.destroy();
    throw new WrongChainError(network, chainId, actual);
  }
  return provider;
}
