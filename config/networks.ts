import type { NetworksUserConfig } from "hardhat/types";

import { readManifest } from "../lib/localnet/manifest";

import { localnetRoot, rpcUrl, rpcUrlVariable } from "./env";
import { LOCAL_MNEMONIC, localChains } from "./localChains";

/** The testnets that are configured without further ado; any chain of the directory may be added. */
const TESTNETS = {
  "ethereum-sepolia": 11_155_111,
  "arbitrum-sepolia": 421_614,
  "op-sepolia": 11_155_420,
  "base-sepolia": 84_532,
  "avalanche-fuji": 43_113,
} as const;

/** Nothing listens here: a connection is refused at once instead of reaching a stranger's node. */
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
 * Public testnets, with the urls that the environment names. Keys come in when a deployment starts: one
 * that is mistyped must not keep anybody from compiling.
 */
export function testnets(): NetworksUserConfig {
  return Object.fromEntries(
    Object.entries(TESTNETS).map(([name, chainId]) => [
      name,
      {
        // Hardhat shows the url when it cannot connect, so an unset one says what to set.
        url: rpcUrl(name) ?? `${NOWHERE}/set-${rpcUrlVariable(name)}-in-.env`,
        chainId,
        accounts: [],
        live: true,
        saveDeployments: true,
      },
    ]),
  );
}
