import { JSON_FLAG, MESH, RAW_FLAG } from "../options";

import { rebaseScope } from "./scope";

interface HistoryArguments {
  readonly mesh: string;
  readonly limit: string;
  readonly json: boolean;
  readonly raw: boolean;
}

rebaseScope
  .task("history", "Every rebase, newest first, and when it reached which satellite.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam("limit", "How many rebases to show at most.", "20")
  .addFlag(...JSON_FLAG)
  .addFlag(...RAW_FLAG)
  .setAction(async ({ mesh, limit, json, raw }: HistoryArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { showHistory } = await import("../../lib/cli/rebase/history");
    const { parseWhole } = await import("../../lib/core/input/whole");
    const count = () => Number(parseWhole(limit, { least: 1n, option: "--limit" }));
    return withSession(
      hre,
      mesh,
      (session) => showHistory(session, { json, raw, limit: count() }),
      {
        check: count,
      },
    );
  });
