import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { recordsOf } from "../../config/env";
import { localMesh } from "../../config/meshes/local";
import { OperatorError } from "../core/errors";
import type { Mesh } from "../core/mesh/mesh";
import { parseMesh } from "../core/mesh/parse";
import { openMesh } from "../mesh/open";

import type { Localnet } from "./localnet";
import { PROJECT_DIRECTORY } from "./manifest";

/**
 * Deploys the token's contracts on every chain of a local network with the project's own deploy
 * scripts, one Hardhat process a chain, all at once.
 * @throws with what Hardhat printed when a script failed.
 */
export async function deployContracts(localnet: Localnet): Promise<Mesh> {
  await Promise.all(localnet.chains.map(({ name }) => runDeployScripts(name, localnet.directory)));
  return meshOf(localnet);
}

/** The mesh on a local network whose contracts are deployed. */
export function meshOf({ chains, directory }: Localnet): Mesh {
  const config = parseMesh(localMesh(chains.length));
  return openMesh(config, { deployments: recordsOf(config.name, directory), connections: chains });
}

/** Returns arguments and options of the Node process that runs `deploy` on a network. */
export function deployProcess(network: string, args: readonly string[]) {
  const hardhat = require.resolve("hardhat/internal/cli/bootstrap");
  return {
    args: [hardhat, "--network", network, "deploy", "--no-compile", ...args],
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, HARDHAT_NETWORK: "", TS_NODE_TRANSPILE_ONLY: "1" },
  };
}

async function runDeployScripts(network: string, directory: string): Promise<void> {
  const { args, cwd, env } = deployProcess(network, ["--mesh", "local"]);
  try {
    await promisify(execFile)(process.execPath, args, {
      cwd,
      env: { ...env, LOCALNET_DIRECTORY: directory },
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new OperatorError(
      "NOT_DEPLOYED",
      `The deploy scripts failed on ${network}:\n${(stdout + stderr).trim()}`,
      { cause: error },
    );
  }
}
