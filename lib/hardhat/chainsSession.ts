import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { recordsOf } from "../../config/env";
import { meshByName } from "../../config/meshes";
import { liveChain } from "../core/chains";
import { consoleOutput } from "../cli/consoleOutput";
import { inspectChain } from "../mesh/inspect";
import { chosenMembers } from "../core/mesh/members";
import { deployersOf, openChain } from "../mesh/open";
import type { ReachedChain, ChainsContext } from "../token/pause";

import { keysAtHand, signerAmong } from "./keyring";
import { fileLogStore } from "./logStore";
import { sendOptionsOn } from "./meshSession";
import { openNetwork } from "./networkConfig";
import type { ConnectedNetwork } from "./networkConfig";

/** A choice of chains of a mesh: one by its network name, or all. */
export interface ChainChoice {
  readonly chain?: string;
  readonly all: boolean;
}

/** Chains of a mesh that a task works on one by one, and the keys at hand. */
export interface ChainsSession extends ChainsContext {
  /** True if real money or a public testnet is behind it: then nothing is sent without confirmation. */
  readonly live: boolean;
  /** Ends the connections: a task that leaves them open never ends. */
  close(): void;
}

/**
 * Opens chains of the mesh called `name` apart from each other. A chain that does not answer, or is not
 * as expected, is returned with its error, and stops none of the others.
 * @throws when the mesh, the choice or the key is wrong.
 */
export async function openChains(
  hre: HardhatRuntimeEnvironment,
  name: string,
  choice: ChainChoice,
): Promise<ChainsSession> {
  const config = meshByName(name);
  const networks = chosenMembers(config, choice);
  const deployments = recordsOf(config.name);
  const keys = await keysAtHand(config);
  const connections: ConnectedNetwork[] = [];
  const chains = await Promise.all(
    networks.map(async (network): Promise<ReachedChain> => {
      try {
        const connected = await openNetwork(network);
        connections.push(connected);
        const chain = openChain(config, connected, deployments);
        await inspectChain(config.name, chain);
        return { name: network, chain };
      } catch (error) {
        return { name: network, error: error instanceof Error ? error : new Error(String(error)) };
      }
    }),
  );
  return {
    config,
    ...deployersOf(config, deployments),
    chains,
    // A mesh file that says `live: false` does not make a live chain a local one.
    live: config.live || networks.some((network) => liveChain(network) !== undefined),
    close: () => connections.forEach(({ provider }) => provider.destroy()),
    signerFor: (chain, account) => signerAmong(keys, chain, account),
    sendOptions: ({ name: network }) => sendOptionsOn(config, network),
    ...(config.live && {
      store: fileLogStore(path.join(hre.config.paths.cache, "logs"), consoleOutput.log),
    }),
  };
}
