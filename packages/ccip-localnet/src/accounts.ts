import { HDNodeWallet, Mnemonic } from "ethers";
import type { Provider } from "ethers";

import { LOCAL_ACCOUNTS, LOCAL_MNEMONIC } from "./config";
import type { Committee, DonMembers } from "./protocol/verification";

let parent: HDNodeWallet | undefined;
const accounts = new Map<number, HDNodeWallet>();

/** Returns the account of the development mnemonic at `index`, connected to `provider` if one is given. */
export function localAccount(index: number, provider?: Provider): HDNodeWallet {
  // Deriving the seed and a key take milliseconds each, so both are cached.
  parent ??= HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(LOCAL_MNEMONIC), "m/44'/60'/0'/0");
  const account = accounts.get(index) ?? parent.deriveChild(index);
  accounts.set(index, account);
  return provider ? account.connect(provider) : account;
}

/** The local committee: the nodes of the local DON, of which two have to sign. */
export function localCommittee(): Committee {
  const { signers, faulty } = localDonMembers();
  return { signers, threshold: faulty + 1 };
}

/** The local DON: four nodes, of which one may be faulty. */
export function localDonMembers(): DonMembers {
  return {
    signers: LOCAL_ACCOUNTS.donSigners.map((index) => localAccount(index)),
    transmitter: localAccount(LOCAL_ACCOUNTS.donTransmitter).address,
    faulty: 1,
  };
}
