export { DEFAULT_DIRECTORY, isRunning, readManifest } from "./manifest";
export type { Manifest, ManifestChain } from "./manifest";

/** Hardhat's and anvil's public development mnemonic: worthless on every live chain, by design. */
export const LOCAL_MNEMONIC = "test test test test test test test test test test test junk";

/** The version of CCIP that a local network runs by default. */
export const DEFAULT_CCIP_VERSION = "2.0";

/** Number of accounts of the mnemonic that hold native currency on a local chain (Hardhat's own number). */
export const LOCAL_FUNDED_ACCOUNTS = 20;

/**
 * Accounts of the mnemonic by their role. The first ones are left to the users of the network, CCIP
 * takes the last two funded ones, and the DON's signing keys never send a transaction, so they need no
 * funds.
 */
export const LOCAL_ACCOUNTS = {
  deployer: 0,
  ccipOwner: LOCAL_FUNDED_ACCOUNTS - 2,
  donTransmitter: LOCAL_FUNDED_ACCOUNTS - 1,
  donSigners: [100, 101, 102, 103],
} as const;
