import { JSON_FLAG, MESH } from "../options";

import { DESTRUCTIVE_FLAG, ONLY, meshScope } from "./scope";

interface PlanArguments {
  readonly mesh: string;
  readonly json: boolean;
  readonly full: boolean;
  readonly out?: string;
  readonly allowDestructive: boolean;
  readonly only?: string;
}

meshScope
  .task("plan", "Prints what would have to be done, with before and after. Sends nothing.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam("out", "File to write the plan to, for `mesh apply <file>`.")
  .addFlag("full", "Print every step; a long plan is summed up by phase and chain otherwise.")
  .addOptionalParam(...ONLY)
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, only, ...options }: PlanArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { parsePart } = await import("../../lib/mesh/selection");
    const { showPlan } = await import("../../lib/cli/mesh/plan");
    return withSession(
      hre,
      mesh,
      (session) => showPlan(session, { ...options, only: parsePart(only) }),
      {
        check: () => parsePart(only),
      },
    );
  });
