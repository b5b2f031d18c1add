import path from "node:path";

import { config as loadDotenv } from "dotenv";

loadDotenv({ path: path.join(__dirname, "../.env"), quiet: true });

/** The variable that holds the RPC url of a live network: `RPC_URL_ETHEREUM_SEPOLIA`. */
export function rpcUrlVariable(network: string): string {
  return `RPC_URL_${network.toUpperCase().replaceAll("-", "_")}`;
}

/** The RPC url of a live network, undefined while its variable is not set. */
export function rpcUrl(network: string): string | undefined {
  return process.env[rpcUrlVariable(network)] || undefined;
}

/** The key of the block explorers, empty while the variable is not set. */
export function explorerKey(): string {
  return process.env.ETHERSCAN_API_KEY ?? "";
}

/** The role that Hardhat's in-process network plays when deploy scripts run on it. */
export function inProcessRole(): "home" | "satellite" {
  return process.env.IN_PROCESS_ROLE === "satellite" ? "satellite" : "home";
}

/** Below which the local network keeps its files; the project's root unless LOCALNET_DIRECTORY is set. */
export function localnetRoot(): string {
  return process.env.LOCALNET_DIRECTORY || path.join(__dirname, "..");
}
