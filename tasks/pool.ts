import { scope } from "hardhat/config";

import { define } from "./define";
import { DESTRUCTIVE, JSON_FLAG, MESH, YES, flag, required } from "./options";

define(
  scope("pool", "The pools that move the token between chains.").task(
    "replace",
    "Deploys a newer pool on a chain, then applies the plan's pool steps, with transfers in flight: `deploy --replace --tags pool` and `mesh apply --only pool`. Exits 2 if steps wait.",
  ),
  {
    chain: required("Network name of the chain whose pool is replaced, for example local-sat1."),
    mesh: MESH,
    again: flag("Replace the pool though it is what this checkout would deploy."),
    wait: flag("Wait for delays and for CCIP instead of ending; local networks always wait."),
    allowDestructive: DESTRUCTIVE,
    yes: YES,
    json: JSON_FLAG,
  },
  async ({ chain, again, ...options }, hre) => {
    const { meshByName } = await import("../config/meshes");
    const { requireMember } = await import("../lib/core/mesh/members");
    const { parsePart } = await import("../lib/mesh/selection");
    const { deployAndApply } = await import("../lib/hardhat/deployAndApply");
    requireMember(meshByName(options.mesh), chain, "--chain");
    const only = parsePart("pool");
    if (!only) return undefined;
    const deploy = ["--tags", "pool", ...(again ? ["--again"] : [])];
    return deployAndApply(hre, { ...options, networks: [chain], deploy, only });
  },
);
