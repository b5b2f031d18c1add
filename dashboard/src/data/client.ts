import { createPublicClient, defineChain, http } from "viem";
import type { Chain, PublicClient, Transport } from "viem";

import type { DeployedChain } from "../deployments";

/** How long one answer may take before the chain counts as silent, milliseconds. */
const ANSWER_TIMEOUT_MS = 8_000;

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

const clients = new Map<string, ChainClient>();

/** The one client of a chain. Requests of the same moment travel together. */
export function clientOf(chain: DeployedChain): ChainClient {
  let client = clients.get(chain.rpcUrl);
  if (!client) {
    client = createPublicClient({
      chain: viemChain(chain),
      transport: http(chain.rpcUrl, {
        batch: { batchSize: 20 },
        timeout: ANSWER_TIMEOUT_MS,
        retryCount: 1,
      }),
      // Without a multicall contract on the chain: its code travels with the call.
      batch: { multicall: { deployless: true } },
    });
    clients.set(chain.rpcUrl, client);
  }
  return client;
}
