import { types } from "hardhat/config";

import { JSON_FLAG, MESH } from "../options";

import { rebaseScope } from "./scope";

interface HistoryArguments {
  readonly mesh: string;
  readonly limit: number;
  readonly json: boolean;
}

rebaseScope
  .task("history", "Every rebase, newest first, and when it reached which satellite.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam("limit", "How many at most.", 20, types.int)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, ...options }: HistoryArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { requireLimit, showHistory } = await import("../../lib/cli/rebase/history");
    return withSession(hre, mesh, (session) => showHistory(session, options), {
      check: () => requireLimit(options.limit),
    });
  });
