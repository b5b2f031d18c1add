import type { EIP1193Provider, HardhatRuntimeEnvironment } from "hardhat/types";

import { liveChain } from "../chains/directory";

import { unlock } from "./keys";
import { ledgerSigner } from "./ledger";
import { ledgerProvider } from "./ledgerProvider";

/**
 * Gives a live network the deployer's account: out of a Ledger, a keystore or a private key. Call it
 * before anything is asked of the network: Hardhat makes the network's accounts when it is first used.
 * @throws naming the variable or the file that is wrong; no secret is in any error.
 */
export async function useDeployer({ network }: HardhatRuntimeEnvironment): Promise<void> {
  if (!liveChain(network.name)) return;
  if (process.env.DEPLOYER_LEDGER) {
    ledgerSigner(process.env.DEPLOYER_LEDGER);
    // Then accounts are asked of the provider, which is the one below.
    network.config.accounts = "remote";
    return;
  }
  const wallet = await unlock();
  if (wallet) network.config.accounts = [wallet.privateKey];
}

/** The provider of a network: a Ledger stands before a live one when `DEPLOYER_LEDGER` names its account. */
export function deployerProvider(provider: EIP1193Provider, network: string): EIP1193Provider {
  const account = process.env.DEPLOYER_LEDGER;
  return account && liveChain(network) ? ledgerProvider(provider, ledgerSigner(account)) : provider;
}
