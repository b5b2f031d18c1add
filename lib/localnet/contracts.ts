import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { getAddress } from "ethers";
import { z } from "zod";

import { localMesh } from "../../config/meshes/local";
import { LOCAL_ACCOUNTS } from "../../config/localChains";
import { localAccount } from "../ccip/accounts";
import type { HomeChain, Mesh, SatelliteChain } from "../mesh/mesh";
import { parseMesh } from "../mesh/schema";

import type { Localnet, LocalnetChain } from "./localnet";
import { PROJECT_DIRECTORY } from "./manifest";

const deploymentSchema = z.object({ address: z.string().transform((value) => getAddress(value)) });

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
export function meshOf({ chains, directory }: Pick<Localnet, "chains" | "directory">): Mesh {
  const [first, ...others] = chains;
  if (!first) throw new Error("A local network has at least a home chain.");
  const address = (chain: LocalnetChain, name: string) => deployed(directory, chain.name, name);
  const common = (chain: LocalnetChain) => ({
    timelock: address(chain, "TimelockController"),
    token: address(chain, "RebaseToken"),
    pool: address(chain, "RebaseTokenPool"),
  });
  const home: HomeChain = {
    ...first,
    role: "home",
    contracts: {
      ...common(first),
      controller: address(first, "RebaseController"),
      broadcaster: address(first, "RebaseBroadcaster"),
    },
  };
  const satellites = others.map((chain): SatelliteChain => ({
    ...chain,
    role: "satellite",
    contracts: { ...common(chain), receiver: address(chain, "RebaseReceiver") },
  }));
  return {
    config: parseMesh(localMesh(chains.length)),
    home,
    satellites,
    deployer: localAccount(LOCAL_ACCOUNTS.deployer).address,
  };
}

function deployed(directory: string, network: string, name: string): string {
  const file = path.join(directory, "deployments", network, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(
      `${name} is not deployed on ${network}: run "npx hardhat deploy --network ${network}".`,
    );
  }
  return deploymentSchema.parse(JSON.parse(text)).address;
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
