import { JSON_FLAG, MESH } from "../options";

import { rebaseScope } from "./scope";

interface StatusArguments {
  readonly mesh: string;
  readonly json: boolean;
}

rebaseScope
  .task(
    "status",
    "Epoch, index and lag of every chain. Exits 0 in step, 2 when one is behind, 1 when one was not read.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: StatusArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { isOff, showStatus } = await import("../../lib/cli/rebase/status");
    const { EXIT } = await import("../../lib/cli/failure");
    const status = await withSession(hre, mesh, (session) => showStatus(session, { json }), {
      partly: true,
    });
    if (status?.satellites.some(isOff)) process.exitCode = EXIT.drift;
    if (status?.unread.size) process.exitCode = EXIT.failed;
    return status;
  });
