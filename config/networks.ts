import type { NetworksUserConfig } from "hardhat/types";
import { LOCAL_MNEMONIC } from "ccip-localnet/config";

import { LIVE_CHAINS } from "../lib/core/chains";
import { readManifest } from "../lib/localnet/manifest";

import { localnetRoot, rpcUrl, rpcUrlVariable } from "./env";
import { localChains } from "./localChains";

/** Nothing listens here: a connection is refused at once instead of reaching another node. */
const NOWHERE = "http://127.0.0.1:1";

/** The chains of the running local network, or its three default ones while none runs. */
export function localNetworks(): NetworksUserConfig {
  const manifest = readManifest(localnetRoot());
  const chains = manifest?.chains ?? localChains().map((chain) => ({ ...chain, url: NOWHERE }));
  return Object.fromEntries(
    chains.map(({ name, chainId, url }) => [
      name,
      { url, chainId, accounts: { mnemonic: LOCAL_MNEMONIC }, live: false, saveDeployments: true },
    ]),
  );
}

/**
 * Every live chain of the directory, with the urls that the environment names: whichever a mesh names can
 * be deployed to. Keys come in when a deployment starts: a mistyped one must not keep the project
 * from compiling.
 */
export function liveNetworks(): NetworksUserConfig {
  return Object.fromEntries(
    LIVE_CHAINS.map(({ network, chainId }) => [
      network,
      {
        // Hardhat shows the url when it cannot connect, so one that is not set says what to correct.
        url: rpcUrl(network) ?? `${NOWHERE}/correct-${rpcUrlVariable(network)}-in-.env`,
        chainId,
        accounts: [],
        live: true,
        saveDeployments: true,
      },
    ]),
  );
}
