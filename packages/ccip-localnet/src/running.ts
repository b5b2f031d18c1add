import type { JsonRpcProvider } from "ethers";

import { DEFAULT_DIRECTORY, readManifest } from "./manifest";
import type { Manifest, ManifestChain } from "./manifest";
import { connect } from "./nodes/anvil";

/**
 * Returns the local network that keeps its files in a directory.
 * @throws naming the command that starts it.
 */
export function runningNetwork(directory: string = DEFAULT_DIRECTORY): Manifest {
  const manifest = readManifest(directory);
  if (manifest) return manifest;
  throw new Error(
    `No local network runs in ${directory}: start it in another terminal with "npx ccip-localnet", ` +
      `or name its files with --directory.`,
  );
}

/** Runs an action with a connection to a running chain, and closes the connection. */
export async function withChain<T>(
  chain: ManifestChain,
  action: (provider: JsonRpcProvider) => Promise<T>,
): Promise<T> {
  return withChains([chain], ([provider]) => {
    if (!provider) throw new Error(`${chain.name} has no connection.`);
    return action(provider);
  });
}

/** Runs an action with connections to running chains, in their order, and closes the connections. */
export async function withChains<T>(
  chains: readonly ManifestChain[],
  action: (providers: readonly JsonRpcProvider[]) => Promise<T>,
): Promise<T> {
  const providers = chains.map(({ url, name, chainId }) => connect(url, name, chainId));
  try {
    return await action(providers);
  } finally {
    providers.forEach((provider) => provider.destroy());
  }
}
