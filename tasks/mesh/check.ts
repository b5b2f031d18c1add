import { JSON_FLAG, MESH } from "../options";

import { meshScope } from "./scope";

interface CheckArguments {
  readonly mesh: string;
  readonly json: boolean;
}

meshScope
  .task(
    "check",
    "Names every difference from the mesh file. Exits 0 in step, 2 on drift, 1 on error.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: CheckArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { checkMesh } = await import("../../lib/cli/mesh/check");
    const { EXIT } = await import("../../lib/cli/failure");
    const comparison = await withSession(hre, mesh, (session) => checkMesh(session, { json }), {
      partly: true,
    });
    if (comparison?.differences.length) process.exitCode = EXIT.drift;
    if (comparison?.unread.size) process.exitCode = EXIT.failed;
    return comparison;
  });
