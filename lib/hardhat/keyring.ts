import type { Provider, Signer } from "ethers";
import { localAccount } from "ccip-localnet";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";

import { liveChain } from "../core/chains";
import type { MeshConfig } from "../core/mesh/schema";
import { NoKeyError } from "../mesh/signing";

import { keySource, unlock } from "./keys";
import { ledgerSigner } from "./ledger";

/** A key that signs for one account. */
export interface Key {
  readonly address: string;
  connect(provider: Provider): Signer;
}

/**
 * The keys at hand, the deployer's first: those of a local network are everybody's; on live chains there
 * is one that the environment names, a Ledger before a keystore before a private key, or none.
 * @throws naming the variable or the file that is wrong; no secret is in any error.
 */
export async function keysAtHand(
  { home }: Pick<MeshConfig, "home">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Key[]> {
  if (!liveChain(home)) {
    return Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, index) => localAccount(index));
  }
  if (env.DEPLOYER_LEDGER) return [ledgerSigner(env.DEPLOYER_LEDGER)];
  const wallet = await unlock(keySource(env));
  return wallet ? [wallet] : [];
}

/** Signs for an account on a chain. @throws NoKeyError when no key for it is at hand. */
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
