import { FEE_TOKEN, rebaseScope } from "./scope";

import type { KeeperWords } from "../../lib/rebase/keeperOptions";

rebaseScope
  .task(
    "keep",
    "Rebases when that is due and syncs every satellite: for cron or a CI job; asks nothing. Every option may come from a variable, REBASE_FEE_TOKEN for --fee-token. stdout is one JSON document a line, amounts as decimal strings in wei. Exit codes: 0 every satellite has the home's whole state; 1 something failed, or a rebase was due and refused (what could be broadcast was); 2 a satellite is stale; 3 worth running again later: the fee ceiling, lack of money or the price of gas deferred something.",
  )
  .addOptionalParam("mesh", "A mesh in config/meshes; the variable MESH, or local, unless named.")
  .addOptionalParam(
    "policy",
    'By how much and how often, as a JSON file: percent or annualPercent, and every ("20h"); config/policies/<mesh>.json unless named.',
  )
  .addOptionalParam("percent", "Every rebase is of this size, instead of a policy file.")
  .addOptionalParam("annualPercent", "A year's rebases add up to this, instead of a policy file.")
  .addOptionalParam("every", "The least time between rebases: 90m, 20h, 1d.")
  .addOptionalParam("feeToken", FEE_TOKEN.description)
  .addOptionalParam(
    "feeCeiling",
    "The most that the fees of this run may come to, in whole units of the fee token: 0.05. Gas is not in it.",
  )
  .addOptionalParam("attempts", "How often one satellite is sent to in this run; 3 unless named.")
  .addOptionalParam(
    "overdueAfter",
    "When a message that was not executed counts as lost; 45m unless named.",
  )
  .addOptionalParam(
    "followFor",
    "How long messages are followed; 1h unless named, on a local network 30s.",
  )
  .addFlag("broadcastOnly", "Never rebase, only sync the satellites that are stale.")
  .addFlag("dryRun", "Decide and quote, send nothing.")
  .setAction(async (words: KeeperWords, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { keeperOptionsOf } = await import("../../lib/rebase/keeperOptions");
    const { orFail } = await import("../../lib/cli/failure");
    const options = await orFail(() =>
      Promise.resolve().then(() => keeperOptionsOf(words, process.env)),
    );
    if (!options) return undefined;
    const result = await withSession(hre, options.mesh, async (session) => {
      const { keepAndTell } = await import("../../lib/cli/rebase/keep");
      return keepAndTell(session, options);
    });
    if (result) process.exitCode = result.exitCode;
    return result;
  });
