import { HDNodeWallet, Mnemonic } from "ethers";
import type { Provider } from "ethers";

import { LOCAL_ACCOUNTS, LOCAL_MNEMONIC } from "../../config/localChains";

import type { CommitteeSigner } from "./verification";

let parent: HDNodeWallet | undefined;
const accounts = new Map<number, HDNodeWallet>();

/** The account of the development mnemonic at `index`, connected to `provider` if one is given. */
export function localAccount(index: number, provider?: Provider): HDNodeWallet {
  // Stretching the mnemonic and deriving a key take milliseconds each, so they happen once.
  parent ??= HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(LOCAL_MNEMONIC), "m/44'/60'/0'/0");
  const account = accounts.get(index) ?? parent.deriveChild(index);
  accounts.set(index, account);
  return provider ? account.connect(provider) : account;
}

/** Who the DON of a CCIP instance consists of, as its OffRamp is told. */
export interface DonMembers {
  /** Signing keys of the nodes; the OffRamp knows them by their addresses. */
  readonly signers: readonly CommitteeSigner[];
  /** The one account that sends the DON's transactions. */
  readonly transmitter: string;
  /** How many nodes may be faulty; F + 1 of them sign a commit report. */
  readonly faulty: number;
}

/** Who signs for the messages of CCIP 2.0, as committee verifiers are told. */
export interface Committee {
  readonly signers: readonly CommitteeSigner[];
  /** How many of them have to sign for a message. */
  readonly threshold: number;
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
