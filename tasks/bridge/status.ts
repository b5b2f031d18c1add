import { JSON_FLAG, MESH } from "../options";

import { bridgeScope } from "./scope";

interface StatusArguments {
  readonly mesh: string;
  readonly hash: string;
  readonly json: boolean;
}

bridgeScope
  .task(
    "status",
    "Says how far a message is. Exits 0 if it has arrived, 2 if not or if it failed, 1 if a chain that knows was not read.",
  )
  .addPositionalParam("hash", "A message id, or the hash of the transaction that sent it.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, hash, json }: StatusArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { areOpen, haveArrived, showStatus } = await import("../../lib/cli/bridge/status");
    const { parseHash } = await import("../../lib/core/input/hash");
    const { EXIT } = await import("../../lib/cli/failure");
    const statuses = await withSession(
      hre,
      mesh,
      (session) => showStatus(session, { hash: parseHash(hash), json }),
      { partly: true, check: () => parseHash(hash) },
    );
    if (statuses && !haveArrived(statuses)) process.exitCode = EXIT.drift;
    if (statuses && areOpen(statuses)) process.exitCode = EXIT.failed;
    return statuses;
  });
