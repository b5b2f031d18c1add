import { availableParallelism } from "node:os";
import path from "node:path";

import "@nomicfoundation/hardhat-toolbox";
import "hardhat-contract-sizer";
import "hardhat-deploy";
import "hardhat-ignore-warnings";
import type { HardhatUserConfig } from "hardhat/config";
import { LOCAL_ACCOUNTS, LOCAL_MNEMONIC } from "ccip-localnet/config";

import { SOLC_VERSION } from "./config/compiler";
import { explorerKey } from "./config/env";
import { localNetworks, liveNetworks } from "./config/networks";
import "./config/coverage";
import "./tasks";

const config: HardhatUserConfig = {
  solidity: {
    version: SOLC_VERSION,
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["storageLayout"] } },
    },
  },
  warnings: {
    "contracts/**/*": { default: "error" },
    "@chainlink/**/*": { default: "off" },
    "@openzeppelin/**/*": { default: "off" },
    "solady/**/*": { default: "off" },
  },
  networks: {
    hardhat: {
      accounts: { mnemonic: LOCAL_MNEMONIC },
      // The most that a transaction may have (EIP-7825): with larger blocks, Hardhat estimates above it and fails.
      blockGasLimit: 2 ** 24,
    },
    ...localNetworks(),
    ...liveNetworks(),
  },
  namedAccounts: {
    deployer: { default: LOCAL_ACCOUNTS.deployer },
    ccipOwner: { hardhat: LOCAL_ACCOUNTS.ccipOwner },
  },
  etherscan: { apiKey: explorerKey() },
  mocha: {
    timeout: 300_000,
    // With --parallel: two at least, for Mocha leaves one core to itself.
    jobs: Math.max(2, availableParallelism() - 1),
    reporter: path.join(__dirname, "test/shared/reporter.ts"),
    require: ["hardhat/register", path.join(__dirname, "test/shared/worker.ts")],
  },
};

export default config;
