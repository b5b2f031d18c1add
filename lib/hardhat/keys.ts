import { readFileSync } from "node:fs";

import { Wallet, isKeystoreJson } from "ethers";
import type { Provider, Signer } from "ethers";
import type { EIP1193Provider, HardhatRuntimeEnvironment } from "hardhat/types";
import { localAccount } from "ccip-localnet";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";

import { liveChain } from "../core/chains";
import { OperatorError } from "../core/errors";
import { NoKeyError } from "../mesh/signing";

import { ledgerProvider, ledgerSigner } from "./ledger";

/** A key that signs for one account. */
export interface Key {
  readonly address: string;
  connect(provider: Provider): Signer;
}

/**
 * Returns the available keys for a network, the deployer's first: on a local one all of the development mnemonic; on
 * live chains the one that the environment names, a Ledger before a keystore before a private key, or none.
 * @throws naming the variable or the file that is wrong; no secret is in any error.
 */
export async function keysAtHand(
  network: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Key[]> {
  if (!liveChain(network)) {
    return Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, index) => localAccount(index));
  }
  if (env.DEPLOYER_LEDGER) return [ledgerSigner(env.DEPLOYER_LEDGER)];
  if (env.DEPLOYER_KEYSTORE) {
    return [await fromKeystore(env.DEPLOYER_KEYSTORE, env.DEPLOYER_KEYSTORE_PASSWORD_FILE)];
  }
  return env.DEPLOYER_PRIVATE_KEY ? [fromPrivateKey(env.DEPLOYER_PRIVATE_KEY.trim())] : [];
}

/** Returns the signer of an account on a chain. @throws NoKeyError when no key for it is available. */
export function signerAmong(
  keys: readonly Key[],
  chain: { readonly name: string; readonly provider: Provider },
  account: string,
): Promise<Signer> {
  const key = keys.find(({ address }) => address === account);
  return key
    ? Promise.resolve(key.connect(chain.provider))
    : Promise.reject(new NoKeyError(account, chain.name));
}

/**
 * Adds the deployer's account to a live network. Must be called before the first request: Hardhat creates the
 * network's accounts then.
 * @returns the deployer's key, on a local network too.
 * @throws like {@link keysAtHand}, or naming the variables when none is set.
 */
export async function useDeployer({ network }: HardhatRuntimeEnvironment): Promise<Key> {
  const [key] = await keysAtHand(network.name);
  if (!key) {
    throw new OperatorError(
      "MISSING_KEY",
      "There is no account to deploy from: set DEPLOYER_KEYSTORE, DEPLOYER_LEDGER or DEPLOYER_PRIVATE_KEY in .env.",
    );
  }
  if (liveChain(network.name)) {
    // Accounts of a Ledger are asked of the provider, which is the one below.
    network.config.accounts = key instanceof Wallet ? [key.privateKey] : "remote";
  }
  return key;
}

/** Returns the provider of a network, with a Ledger as its account where `DEPLOYER_LEDGER` names one on a live chain. */
export function deployerProvider(provider: EIP1193Provider, network: string): EIP1193Provider {
  const account = process.env.DEPLOYER_LEDGER;
  return account && liveChain(network) ? ledgerProvider(provider, ledgerSigner(account)) : provider;
}

function fromPrivateKey(key: string): Wallet {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(key)) {
    throw unusable("DEPLOYER_PRIVATE_KEY is not a private key: write 64 hexadecimal digits.");
  }
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  } catch {
    throw unusable("DEPLOYER_PRIVATE_KEY is out of range for a private key: use another one.");
  }
}

async function fromKeystore(file: string, passwordFile: string | undefined): Promise<Wallet> {
  if (!passwordFile) {
    throw unusable(
      "DEPLOYER_KEYSTORE needs its password: name a file that holds it in DEPLOYER_KEYSTORE_PASSWORD_FILE.",
    );
  }
  const json = readText(file, "DEPLOYER_KEYSTORE");
  if (!isKeystoreJson(json)) {
    throw unusable(
      `DEPLOYER_KEYSTORE names ${file}, which is not an encrypted JSON keystore, or only a part of one: restore it from your copy.`,
    );
  }
  const password = readText(passwordFile, "DEPLOYER_KEYSTORE_PASSWORD_FILE");
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, password.replace(/[\r\n]+$/, ""));
    return new Wallet(privateKey);
  } catch {
    // The error of ethers is left out: it could carry what was read.
    throw unusable(`The keystore ${file} does not open: ${passwordFile} holds another password.`);
  }
}

function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw unusable(`${variable} names ${file}, which cannot be read: correct the path.`);
  }
}

function unusable(message: string): OperatorError {
  return new OperatorError("INVALID_ENVIRONMENT", message);
}
