import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { artifactSchema } from "../deployments/artifact";
import { DeploymentBook } from "../deployments/book";
import type { Yard } from "../deployments/yard";

/**
 * This checkout's contracts, and hardhat-deploy's records.
 * @param deployments hardhat-deploy's folder; the configured one unless named.
 */
export function yardOf(
  hre: HardhatRuntimeEnvironment,
  deployments = hre.config.paths.deployments,
): Yard {
  return {
    book: (network) => new DeploymentBook(path.join(deployments, network)),
    artifact: async (name) => artifactSchema.parse(await hre.deployments.getExtendedArtifact(name)),
  };
}
