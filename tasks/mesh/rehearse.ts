import { JSON_FLAG, MESH } from "../options";

import { DESTRUCTIVE_FLAG, ONLY, meshScope } from "./scope";

interface RehearseArguments {
  readonly mesh: string;
  readonly json: boolean;
  readonly full: boolean;
  readonly only?: string;
  readonly allowDestructive: boolean;
}

meshScope
  .task(
    "rehearse",
    "Runs the plan on forks of the chains, then mesh check and supply audit there, and prints what would differ. Sends nothing to the chains. Exits 2 if something would.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(...ONLY)
  .addFlag("full", "Print every step; a long plan is summed up by phase and chain otherwise.")
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, only, ...options }: RehearseArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { urlsOf } = await import("../../lib/hardhat/networkConfig");
    const { parsePart } = await import("../../lib/mesh/selection");
    const { rehearsePlan } = await import("../../lib/cli/mesh/rehearse");
    const { isSound } = await import("../../lib/rehearsal/rehearse");
    const { EXIT } = await import("../../lib/cli/failure");
    const rehearsal = await withSession(
      hre,
      mesh,
      (session) =>
        rehearsePlan(session, {
          ...options,
          only: parsePart(only),
          urls: urlsOf(session.mesh.config),
        }),
      { check: () => parsePart(only) },
    );
    if (rehearsal && !isSound(rehearsal)) process.exitCode = EXIT.drift;
    return rehearsal;
  });
