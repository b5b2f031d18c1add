import path from "node:path";

import type { StorageLayout } from "@openzeppelin/upgrades-core";
import { Artifacts } from "hardhat/internal/artifacts";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

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

const debugFileSchema = z.object({ buildInfo: z.string() });

/**
 * Runs an action that reads builds again and again, as hardhat-deploy does for every contract, and keeps each: many
 * contracts are of one, which has 30 MB.
 */
export async function readingBuildsOnce<T>(
  { config }: Pick<HardhatRuntimeEnvironment, "config">,
  action: () => Promise<T>,
): Promise<T> {
  const read = Reflect.get(Artifacts.prototype, "getBuildInfo");
  const builds = new Map<string, ReturnType<typeof read>>();
  Artifacts.prototype.getBuildInfo = function (fullName) {
    const [source = "", contract = ""] = fullName.split(":");
    const file = path.join(config.paths.artifacts, source, `${contract}.dbg.json`);
    const debug = readJsonFile(file, debugFileSchema, {
      what: "pointer to a build",
      recovery: 'Run "npx hardhat compile --force"',
    });
    const key = debug ? path.basename(debug.buildInfo) : fullName;
    const build = builds.get(key) ?? read.call(this, fullName);
    builds.set(key, build);
    return build;
  };
  try {
    return await action();
  } finally {
    Artifacts.prototype.getBuildInfo = read;
  }
}
