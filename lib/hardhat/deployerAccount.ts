import type { EIP1193Provider, HardhatRuntimeEnvironment } from "hardhat/types";
import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { OperatorError } from "../core/errors";
import { liveChain } from "../core/chains";

import type { Key } from "./keyring";
import { unlock } from "./keys";
import { ledgerSigner } from "./ledger";
import { ledgerProvider } from "./ledgerProvider";

/**
 * Gives a live network the deployer's account: out of a Ledger, a keystore or a private key. Call it
 * before anything is asked of the network: Hardhat makes the network's accounts when it is first used.
 * @returns the deployer's key, on a local network too.
 * @throws naming the variable or the file that is wrong or missing; no secret is in any error.
 */
export async function useDeployer({ network }: HardhatRuntimeEnvironment): Promise<Key> {
  if (!liveChain(network.name)) return localAccount(LOCAL_ACCOUNTS.deployer);
  if (process.env.DEPLOYER_LEDGER) {
    const signer = ledgerSigner(process.env.DEPLOYER_LEDGER);
    // Then accounts are asked of the provider, which is the one below.
    network.config.accounts = "remote";
    return signer;
  }
  const wallet = await unlock();
  if (!wallet) {
    throw new OperatorError(
      "MISSING_KEY",
      "There is no account to deploy from: set DEPLOYER_KEYSTORE, DEPLOYER_LEDGER or DEPLOYER_PRIVATE_KEY in .env.",
    );
  }
  network.config.accounts = [wallet.privateKey];
  return wallet;
}

/** The provider of a network: a Ledger stands before a live one when `DEPLOYER_LEDGER` names its account. */
export function deployerProvider(provider: EIP1193Provider, network: string): EIP1193Provider {
  const account = process.env.DEPLOYER_LEDGER;
  return account && liveChain(network) ? ledgerProvider(provider, ledgerSigner(account)) : provider;
}
