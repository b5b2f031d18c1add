import { DESTRUCTIVE_FLAG } from "../mesh/scope";
import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { poolScope } from "./scope";

interface ReplaceArguments {
  readonly mesh: string;
  readonly chain: string;
  readonly json: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly again: boolean;
  readonly allowDestructive: boolean;
}

poolScope
  .task(
    "replace",
    "Deploys a newer pool on a chain, then applies the plan's pool steps, with transfers in flight: `deploy --replace --tags pool` and `mesh apply --only pool`. Exits 2 if steps wait.",
  )
  .addParam("chain", "Network name of the chain whose pool is replaced, for example local-sat1.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag("again", "Replace the pool though it is what this checkout would deploy.")
  .addFlag("wait", "Wait for delays and for CCIP instead of ending; local networks always wait.")
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, chain, again, ...options }: ReplaceArguments, hre) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { meshByName } = await import("../../config/meshes");
    const { requireMember } = await import("../../lib/core/mesh/members");
    const { parsePart } = await import("../../lib/mesh/selection");
    const { deployAndApply } = await import("../../lib/hardhat/deployAndApply");
    return orFail(async () => {
      requireMember(meshByName(mesh), chain, "--chain");
      const only = parsePart("pool");
      if (!only) return undefined;
      const deploy = ["--tags", "pool", ...(again ? ["--again"] : [])];
      return deployAndApply(hre, { ...options, mesh, networks: [chain], deploy, only });
    });
  });
