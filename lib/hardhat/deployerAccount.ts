import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { liveChain } from "../chains/directory";

import { keySource, unlock } from "./keys";

/**
 * Gives a live network the deployer's account out of its keystore. Call it before anything is asked of
 * the network: Hardhat makes the network's accounts when it is first used, and knows no keystores.
 */
export async function useKeystore(hre: HardhatRuntimeEnvironment): Promise<void> {
  if (!liveChain(hre.network.name) || keySource().keystore === undefined) return;
  const wallet = await unlock();
  if (wallet) hre.network.config.accounts = [wallet.privateKey];
}
