import { JSON_FLAG, MESH } from "../options";

import { supplyScope } from "./scope";

interface AuditArguments {
  readonly mesh: string;
  readonly json: boolean;
}

supplyScope
  .task(
    "audit",
    "Counts the shares on every chain and in flight, message by message. Exits 0 if all are there, 2 if not, 1 if that cannot be told.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: AuditArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { isIncomplete, showAudit } = await import("../../lib/cli/supply/audit");
    const { isConserved } = await import("../../lib/supply/audit");
    const { EXIT } = await import("../../lib/cli/failure");
    const audit = await withSession(hre, mesh, (session) => showAudit(session, { json }), {
      partly: true,
    });
    if (audit && isIncomplete(audit)) process.exitCode = EXIT.failed;
    else if (audit && !isConserved(audit)) process.exitCode = EXIT.drift;
    return audit;
  });
