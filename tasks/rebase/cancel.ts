import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { PENDING_OUT, WAIT_FLAG, rebaseScope } from "./scope";

interface CancelArguments {
  readonly mesh: string;
  readonly out?: string;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

rebaseScope
  .task(
    "cancel",
    "Cancels the pending rebase, as the admin of the controller or by a proposal to its timelock; run again it goes on where it was. Exits 2 while it waits.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(...PENDING_OUT)
  .addFlag(...WAIT_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, ...options }: CancelArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { changePending } = await import("../../lib/cli/rebase/pending");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(hre, mesh, (session) =>
      changePending(session, {
        ...options,
        confirm: (question) => confirm(question, { live: session.live, yes }),
      }),
    );
    if (result && options.out === undefined && result.open.length > 0) {
      process.exitCode = EXIT.drift;
    }
    return result;
  });
