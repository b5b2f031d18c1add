import { localnetRoot, requireRpcUrl } from "../../config/env";
import { liveChain } from "../chains/directory";
import { readManifest } from "../localnet/manifest";

import { keySource } from "./keys";

/**
 * Makes sure that a network can be reached before Hardhat tries, for Hardhat could only say that it
 * cannot connect.
 * @throws naming the variable that is not set, or the command that starts the network.
 */
export function requireEndpoint(network: string): void {
  if (liveChain(network)) {
    requireRpcUrl(network);
    if (!hasKey()) {
      throw new Error(
        "There is no account to deploy from: set DEPLOYER_KEYSTORE, DEPLOYER_LEDGER or DEPLOYER_PRIVATE_KEY in .env.",
      );
    }
    return;
  }
  const isLocal = network.startsWith("local-");
  const runs = readManifest(localnetRoot())?.chains.some(({ name }) => name === network);
  if (isLocal && !runs) {
    throw new Error(
      `${network} does not run: start the local network with "npx hardhat localnet start".`,
    );
  }
}

function hasKey(): boolean {
  const { privateKey, keystore } = keySource();
  return privateKey !== undefined || keystore !== undefined || Boolean(process.env.DEPLOYER_LEDGER);
}
