import { JSON_FLAG, MESH } from "../options";

import { DESTRUCTIVE_FLAG, ONLY, meshScope } from "./scope";

interface ExportArguments {
  readonly mesh: string;
  readonly safe: boolean;
  readonly out: string;
  readonly json: boolean;
  readonly allowDestructive: boolean;
  readonly only?: string;
}

meshScope
  .task(
    "export",
    "Writes what is to be signed elsewhere: a file for each phase, chain and owner. Exits 2 if steps are left out.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam("out", "Folder to write to, for example safe.", "safe")
  .addFlag("safe", "In the format of Safe's Transaction Builder, the only one so far.")
  .addOptionalParam(...ONLY)
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, out, json, allowDestructive, only }: ExportArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { parsePart } = await import("../../lib/mesh/selection");
    const { exportMesh } = await import("../../lib/cli/mesh/export");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) => exportMesh(session, { out, json, allowDestructive, only: parsePart(only) }),
      { check: () => parsePart(only) },
    );
    if (result && result.leftOut.length > 0) process.exitCode = EXIT.drift;
    return result;
  });
