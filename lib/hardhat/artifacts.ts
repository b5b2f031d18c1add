import type { StorageLayout } from "@openzeppelin/upgrades-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";

/** Layouts by the build that they are from, and the contract's full name. */
const layouts = new Map<string, StorageLayout>();

/** Returns the storage layout of a contract of this checkout. */
export async function storageLayout(
  hre: HardhatRuntimeEnvironment,
  name: string,
): Promise<StorageLayout> {
  const { sourceName } = await hre.artifacts.readArtifact(name);
  const fullName = `${sourceName}:${name}`;
  const build = await hre.artifacts.getBuildInfo(fullName);
  if (!build)
    throw new OperatorError("NOT_COMPILED", `${name} is not compiled: run "npx hardhat compile".`);
  const key = `${build.id} ${fullName}`;
  const { layoutOf } = await import("../deployments/layout");
  const layout = layouts.get(key) ?? layoutOf(build, fullName);
  layouts.set(key, layout);
  return layout;
}
