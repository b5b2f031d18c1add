import { JSON_FLAG, MESH, RAW_FLAG } from "../options";

import { supplyScope } from "./scope";

interface AuditArguments {
  readonly mesh: string;
  readonly json: boolean;
  readonly raw: boolean;
}

supplyScope
  .task(
    "audit",
    "Counts the shares on every chain and in flight, message by message. Exits 0 if all are there, 2 if not, 1 if that is unknown.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .addFlag(...RAW_FLAG)
  .setAction(async ({ mesh, json, raw }: AuditArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { isIncomplete, showAudit } = await import("../../lib/cli/supply/audit");
    const { isConserved } = await import("../../lib/supply/audit");
    const { EXIT } = await import("../../lib/cli/failure");
    const audit = await withSession(hre, mesh, (session) => showAudit(session, { json, raw }), {
      partly: true,
    });
    if (audit && isIncomplete(audit)) process.exitCode = EXIT.failed;
    else if (audit && !isConserved(audit)) process.exitCode = EXIT.drift;
    return audit;
  });
