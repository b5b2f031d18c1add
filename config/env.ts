import path from "node:path";

import { config as loadDotenv } from "dotenv";

import { OperatorError } from "../lib/core/errors";
import { unquoted } from "../lib/core/secrets";

loadDotenv({ path: path.join(__dirname, "../.env"), quiet: true });

/** The variable that holds the RPC url of a live network: `RPC_URL_ETHEREUM_SEPOLIA`. */
export function rpcUrlVariable(network: string): string {
  return `RPC_URL_${network.toUpperCase().replaceAll("-", "_")}`;
}

/** Reads the RPC url of a live network, undefined while its variable is not set or holds no url. */
export function rpcUrl(network: string): string | undefined {
  return urlIn(rpcUrlVariable(network)).url;
}

/** Describes the mistake in the variable of a live network's RPC url, without its value; undefined when there is none. */
export function rpcUrlProblem(network: string): string | undefined {
  const variable = rpcUrlVariable(network);
  const { url, problem } = urlIn(variable);
  if (url !== undefined) return undefined;
  return problem ?? `There is no RPC url for ${network}: set ${variable} in .env.`;
}

/**
 * Reads the RPC url of a live network.
 * @throws naming the variable that is not set or holds no url, without its value.
 */
export function requireRpcUrl(network: string): string {
  const url = rpcUrl(network);
  if (url !== undefined) return url;
  throw new OperatorError(
    "MISSING_RPC_URL",
    rpcUrlProblem(network) ?? `${network} has no RPC url.`,
  );
}

/**
 * Reads a variable that holds the url of an endpoint. Blanks and quotes around it are not part of it.
 * @returns the url, or what is wrong with it; neither when the variable is not set.
 */
export function urlIn(variable: string): { readonly url?: string; readonly problem?: string } {
  const value = unquoted(process.env[variable] ?? "");
  if (!value) return {};
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value) ?? [];
  if (scheme === undefined) {
    return {
      problem: `${variable} has no https:// in front: write the whole url of the endpoint.`,
    };
  }
  if (!/^https?$/i.test(scheme)) {
    return { problem: `${variable} starts with ${scheme}://: name the endpoint's https:// url.` };
  }
  if (/\s/.test(value)) {
    return { problem: `${variable} has a blank in its url: write the url of one endpoint.` };
  }
  if (!URL.canParse(value)) {
    return { problem: `${variable} holds no valid url: write https://, a host and a path.` };
  }
  return { url: value };
}

/** The key of the block explorers, empty while the variable is not set. */
export function explorerKey(): string {
  return process.env.ETHERSCAN_API_KEY ?? "";
}

/** The role that Hardhat's in-process network plays when deploy scripts run on it. */
export function inProcessRole(): "home" | "satellite" {
  return process.env.IN_PROCESS_ROLE === "satellite" ? "satellite" : "home";
}

/** The mesh that is meant where none is named on the command line. */
export function meshVariable(): string | undefined {
  return process.env.MESH || undefined;
}

/** A second folder with mesh files, beside config/meshes; undefined while none is named. */
export function ownMeshesDirectory(): string | undefined {
  return process.env.MESHES_DIRECTORY || undefined;
}

/**
 * Returns the folder of hardhat-deploy's records of a mesh, which has one folder for each network.
 * @param root below which; the project's unless LOCALNET_DIRECTORY or the caller says otherwise.
 */
export function recordsOf(mesh: string, root = localnetRoot()): string {
  return path.join(root, "deployments", mesh);
}

/** Below which the local network keeps its files; the project's root unless LOCALNET_DIRECTORY is set. */
export function localnetRoot(): string {
  return process.env.LOCALNET_DIRECTORY || path.join(__dirname, "..");
}
