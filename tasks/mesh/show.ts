import { JSON_FLAG, MESH } from "../options";

import { meshScope } from "./scope";

interface ShowArguments {
  readonly mesh: string;
  readonly json: boolean;
}

meshScope
  .task("show", "Prints contracts, administrators, lanes with their limits, and roles as they are.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: ShowArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { showMesh } = await import("../../lib/cli/mesh/show");
    const { EXIT } = await import("../../lib/cli/failure");
    const reading = await withSession(hre, mesh, (session) => showMesh(session, { json }), {
      partly: true,
    });
    if (reading?.unread.size) process.exitCode = EXIT.failed;
    return reading;
  });
