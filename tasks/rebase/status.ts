import { JSON_FLAG, MESH, RAW_FLAG } from "../options";

import { rebaseScope } from "./scope";

interface StatusArguments {
  readonly mesh: string;
  readonly json: boolean;
  readonly raw: boolean;
}

rebaseScope
  .task(
    "status",
    "Epoch, growth index and lag of every chain. Exits 0 if all are synced, 2 if one is stale, 1 if one was not read.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .addFlag(...RAW_FLAG)
  .setAction(async ({ mesh, json, raw }: StatusArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { isOff, showStatus } = await import("../../lib/cli/rebase/status");
    const { EXIT } = await import("../../lib/cli/failure");
    const status = await withSession(hre, mesh, (session) => showStatus(session, { json, raw }), {
      partly: true,
    });
    if (status?.satellites.some(isOff)) process.exitCode = EXIT.drift;
    if (status?.unread.size) process.exitCode = EXIT.failed;
    return status;
  });
