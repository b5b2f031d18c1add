import "@nomicfoundation/hardhat-toolbox";
import "hardhat-deploy";
import "hardhat-contract-sizer";
import "hardhat-ignore-warnings";

import type { HardhatUserConfig } from "hardhat/config";

import { SOLC_VERSION } from "./config/compiler";

const config: HardhatUserConfig = {
  solidity: {
    version: SOLC_VERSION,
    settings: { evmVersion: "cancun", optimizer: { enabled: true, runs: 200 }, outputSelection: { "*": { "*": ["storageLayout"] } } },
  },
  warnings: {
    "contracts/**/*": { default: "error" },
    "@chainlink/**/*": { default: "off" },
    "@openzeppelin/**/*": { default: "off" },
  },
  networks: {
    hardhat: { chainId: 31337 },
  },
};

export default config;
