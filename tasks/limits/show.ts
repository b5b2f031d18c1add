import { JSON_FLAG, MESH } from "../options";

import { limitsScope } from "./scope";

interface ShowArguments {
  readonly mesh: string;
  readonly json: boolean;
}

limitsScope
  .task(
    "show",
    "Prints both limits of every lane, declared and actual, and how full they are. Exits 2 if one is not as declared, 1 if a chain was not read.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: ShowArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { showLimits } = await import("../../lib/cli/limits/show");
    const { EXIT } = await import("../../lib/cli/failure");
    const limits = await withSession(hre, mesh, (session) => showLimits(session, { json }), {
      partly: true,
    });
    if (limits && limits.wrong.length > 0) process.exitCode = EXIT.drift;
    if (limits?.unread.size) process.exitCode = EXIT.failed;
    return limits;
  });
