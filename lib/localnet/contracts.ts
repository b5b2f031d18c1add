import { spawn } from "node:child_process";

import { recordsOf } from "../../config/env";
import { localMesh } from "../../config/meshes/local";
import type { Mesh } from "../core/mesh/mesh";
import { openMesh } from "../mesh/open";
import { parseMesh } from "../core/mesh/parse";

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

function runDeployScripts(network: string, directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        require.resolve("hardhat/internal/cli/bootstrap"),
        "--network",
        network,
        "deploy",
        "--mesh",
        "local",
        "--no-compile",
      ],
      {
        cwd: PROJECT_DIRECTORY,
        env: {
          ...process.env,
          LOCALNET_DIRECTORY: directory,
          HARDHAT_NETWORK: "",
          TS_NODE_TRANSPILE_ONLY: "1",
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The deploy scripts failed on ${network}:\n${output.trim()}`));
    });
  });
}
