import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { startLocalnet as startNetwork } from "ccip-localnet";
import type { Localnet, LocalnetOptions as NetworkOptions } from "ccip-localnet";
import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";

import { localChains } from "../../config/localChains";

import { PROJECT_DIRECTORY, localnetDirectory } from "./manifest";

/** A running local network for a mesh, home first; its `directory` is the one that `.localnet` and `deployments` are in. */
export type { Localnet } from "ccip-localnet";

/** Options of {@link startLocalnet}. */
export interface LocalnetOptions extends Omit<NetworkOptions, "chains" | "laneSettings"> {
  /** Number of chains, the home included; 3 by default. */
  readonly chains?: number;
  /** Directory in which `.localnet` and `deployments` are written; the project by default. */
  readonly directory?: string;
}

/**
 * Starts the chains of a mesh with CCIP on each and every lane open, and deletes the deployment records of the
 * previous network.
 * @throws when a local network runs already in that directory.
 */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const { chains, directory = PROJECT_DIRECTORY, ccip = DEFAULT_CCIP_VERSION } = options;
  const network = await startNetwork({
    ...options,
    chains: localChains(chains),
    ccip,
    directory: localnetDirectory(directory),
  });
  removeDeployments(directory);
  return {
    ...network,
    get manifest() {
      return network.manifest;
    },
    directory,
    stop: async () => {
      await network.stop();
      removeDeployments(directory);
    },
  };
}

/** Deletes every mesh's deployment records of local chains, which do not outlive the chains. */
function removeDeployments(directory: string): void {
  const records = path.join(directory, "deployments");
  if (!existsSync(records)) return;
  for (const mesh of readdirSync(records, { withFileTypes: true })) {
    if (!mesh.isDirectory()) continue;
    const folder = path.join(records, mesh.name);
    for (const network of readdirSync(folder)) {
      if (network.startsWith("local-")) rmSync(path.join(folder, network), { recursive: true });
    }
  }
}
