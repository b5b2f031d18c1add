import { JSON_FLAG, MESH } from "../options";

import { rebaseScope } from "./scope";

interface StatusArguments {
  readonly mesh: string;
  readonly json: boolean;
}

rebaseScope
  .task("status", "Epoch, index and lag of every chain. Exits 0 in step, 2 when one is behind.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: StatusArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { showStatus } = await import("../../lib/rebase/desk/status");
    const { EXIT } = await import("../../lib/cli/failure");
    const status = await withSession(hre, mesh, (session) => showStatus(session, { json }));
    if (status?.satellites.some(({ standing }) => standing !== "in step")) {
      process.exitCode = EXIT.drift;
    }
    return status;
  });
