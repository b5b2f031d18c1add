import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { DELAY, FACTOR, PENDING_OUT, PERCENT, WAIT_FLAG, rebaseScope } from "./scope";

interface ReplaceArguments {
  readonly mesh: string;
  readonly percent?: string;
  readonly factor?: string;
  readonly delay?: string;
  readonly out?: string;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

rebaseScope
  .task(
    "replace",
    "Puts another rebase in the place of the pending one, as the admin of the controller or by a proposal to its timelock; run again it goes on where it was. Exits 2 while it waits.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(PERCENT.name, PERCENT.description)
  .addOptionalParam(FACTOR.name, FACTOR.description)
  .addOptionalParam(DELAY.name, DELAY.description)
  .addOptionalParam(...PENDING_OUT)
  .addFlag(...WAIT_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, out, wait, yes, json, ...words }: ReplaceArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { requestOf } = await import("../../lib/rebase/request");
    const { changePending } = await import("../../lib/cli/rebase/pending");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        changePending(session, {
          request: requestOf(words),
          ...(out !== undefined && { out }),
          wait,
          json,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { check: () => requestOf(words) },
    );
    if (result && out === undefined && result.open.length > 0) process.exitCode = EXIT.drift;
    return result;
  });
