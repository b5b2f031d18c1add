import { createPublicClient, defineChain } from "viem";
import type { Chain, PublicClient, Transport } from "viem";

import { readAt } from "core/reading";
import type { Read } from "core/reading";
import type { DeployedChain } from "../deployments";
import { endpoint } from "./transport";

/** Time that one answer may take before the chain counts as not answering, milliseconds. */
export const ANSWER_TIMEOUT_MS = 8_000;

/** A chain as viem and wallets know it. */
export function viemChain(chain: DeployedChain): Chain {
  return defineChain({
    id: chain.chainId,
    name: chain.name,
    // Wallets ask for a currency when a chain is added: where none is known, it is called what it is.
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

/** Time that an endpoint may search its logs, milliseconds: some take ten seconds and more. */
const SEARCH_TIMEOUT_MS = 60_000;

const clients = new Map<string, ChainClient>();
const searchers = new Map<string, ChainClient>();

/** An endpoint that is named for two chains by mistake serves one of them. */
function keyOf({ chainId, rpcUrl }: DeployedChain): string {
  return `${chainId} ${rpcUrl}`;
}

/** The one client of a chain. Requests of the same moment travel together. */
export function clientOf(chain: DeployedChain): ChainClient {
  let client = clients.get(keyOf(chain));
  if (!client) {
    client = createPublicClient({
      chain: viemChain(chain),
      transport: endpoint(chain, { answerTimeoutMs: ANSWER_TIMEOUT_MS, together: true }),
      // Without a multicall contract on the chain: its code travels with the call.
      batch: { multicall: { deployless: true } },
    });
    clients.set(keyOf(chain), client);
  }
  return client;
}

/** The client that searches the logs of a chain: a slow search holds up no other answer. */
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

/** Reads something at the newest block of a chain, and names that block. */
export async function readNewest<T>(
  chain: DeployedChain,
  read: (client: ChainClient, blockNumber: bigint) => Promise<T>,
): Promise<Read<T>> {
  const client = clientOf(chain);
  const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
  const value = await read(client, number);
  return readAt(value, { source: chain.name, block: number, time: Number(timestamp) });
}
