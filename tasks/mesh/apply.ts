import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { DESTRUCTIVE_FLAG, ONLY, meshScope } from "./scope";

interface ApplyArguments {
  readonly mesh: string;
  readonly json: boolean;
  readonly full: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly file?: string;
  readonly allowDestructive: boolean;
  readonly only?: string;
}

meshScope
  .task("apply", "Sends what is missing and ends when nothing is to do. Exits 2 if steps wait.")
  .addOptionalPositionalParam(
    "file",
    "A plan from `mesh plan --out`; refused if it is out of date.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...YES_FLAG)
  .addFlag("wait", "Wait for delays and for CCIP instead of ending; local networks always wait.")
  .addFlag("full", "Print every step; a long plan is summed up by phase and chain otherwise.")
  .addOptionalParam(...ONLY)
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, only, ...options }: ApplyArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { applyPlan } = await import("../../lib/cli/mesh/apply");
    const { parsePart } = await import("../../lib/mesh/selection");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        applyPlan(session, {
          ...options,
          only: parsePart(only),
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { check: () => parsePart(only) },
    );
    if (result && result.open.length > 0) process.exitCode = EXIT.drift;
    return result;
  });
