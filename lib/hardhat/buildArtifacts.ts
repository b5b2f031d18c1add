import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { artifactSchema } from "../deployments/artifact";
import { DeploymentStore } from "../deployments/store";
import type { BuildArtifacts } from "../deployments/buildArtifacts";
import { layoutOf } from "../deployments/layout";
import { committedLayout } from "../deployments/committedLayout";

/**
 * This checkout's contracts, and hardhat-deploy's records.
 * @param deployments hardhat-deploy's folder of a mesh.
 */
export function buildArtifactsOf(
  hre: HardhatRuntimeEnvironment,
  deployments: string,
): BuildArtifacts {
  return {
    deploymentStore: (network) => new DeploymentStore(path.join(deployments, network)),
    artifact: async (name) => artifactSchema.parse(await hre.deployments.getExtendedArtifact(name)),
    layout: async (name) => layoutOf(await syntaxTrees(hre, name), name),
    committedLayout,
  };
}

/** What the compiler read in the sources that it compiled together with a contract. */
export async function syntaxTrees(
  hre: HardhatRuntimeEnvironment,
  name: string,
): Promise<unknown[]> {
  const { sourceName } = await hre.artifacts.readArtifact(name);
  const build = await hre.artifacts.getBuildInfo(`${sourceName}:${name}`);
  if (!build)
    throw new OperatorError("NOT_COMPILED", `${name} is not compiled: run "npx hardhat compile".`);
  const { sources } = buildSchema.parse(build.output);
  return Object.values(sources).map(({ ast }) => ast);
}

const buildSchema = z.object({ sources: z.record(z.string(), z.object({ ast: z.unknown() })) });
