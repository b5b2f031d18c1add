import { createPublicClient, defineChain } from "viem";
import type { Chain, PublicClient, Transport } from "viem";

import { readAt } from "../model/reading";
import type { Read } from "../model/reading";
import type { DeployedChain } from "../deployments";
import { endpoint } from "./transport";

/** Timeout of one answer, milliseconds; the chain then counts as not answering. */
export const ANSWER_TIMEOUT_MS = 8_000;

/** Returns a chain in the format of viem and wallets. */
export function viemChain(chain: DeployedChain): Chain {
  return defineChain({
    id: chain.chainId,
    name: chain.name,
    // Wallets require a currency to add a chain: an unknown one gets a generic name.
    nativeCurrency: {
      ...(chain.nativeCurrency ?? { name: "Native currency", symbol: "NATIVE" }),
      decimals: 18,
    },
    rpcUrls: { default: { http: [chain.rpcUrl] } },
    ...(chain.explorer && {
      blockExplorers: { default: { name: "Explorer", url: chain.explorer } },
    }),
  });
}

export type ChainClient = PublicClient<Transport, Chain>;

/** Timeout of a log search, milliseconds: some endpoints take ten seconds and more. */
const SEARCH_TIMEOUT_MS = 60_000;

const clients = new Map<string, ChainClient>();
const searchers = new Map<string, ChainClient>();

/** Returns the key of a chain's client. If an endpoint is configured for two chains by mistake, it serves one. */
function keyOf({ chainId, rpcUrl }: DeployedChain): string {
  return `${chainId} ${rpcUrl}`;
}

/** Returns the client of a chain. Simultaneous requests are batched. */
export function clientOf(chain: DeployedChain): ChainClient {
  let client = clients.get(keyOf(chain));
  if (!client) {
    client = createPublicClient({
      chain: viemChain(chain),
      transport: endpoint(chain, { answerTimeoutMs: ANSWER_TIMEOUT_MS, together: true }),
      // Works without a multicall contract on the chain: its code is sent with the call.
      batch: { multicall: { deployless: true } },
    });
    clients.set(keyOf(chain), client);
  }
  return client;
}

/** Returns the client for searching logs of a chain: a slow search delays no other answer. */
export function searcherOf(chain: DeployedChain): ChainClient {
  let searcher = searchers.get(keyOf(chain));
  if (!searcher) {
    searcher = createPublicClient({
      chain: viemChain(chain),
      transport: endpoint(chain, { answerTimeoutMs: SEARCH_TIMEOUT_MS, together: false }),
    });
    searchers.set(keyOf(chain), searcher);
  }
  return searcher;
}

/** Reads a value at the newest block of a chain, and returns it with that block. */
export async function readNewest<T>(
  chain: DeployedChain,
  read: (client: ChainClient, blockNumber: bigint) => Promise<T>,
): Promise<Read<T>> {
  const client = clientOf(chain);
  const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
  const value = await read(client, number);
  return readAt(value, { source: chain.name, block: number, time: Number(timestamp) });
}
