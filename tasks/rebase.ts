import { scope } from "hardhat/config";

import { define, isPartial, onMesh } from "./define";
import { DECISION, RAW, YES, defaulted, flag, optional } from "./options";

/** Tasks that change the index and broadcast it to every chain. */
const rebase = scope("rebase", "Reading and changing the index of a mesh.");

/** The size of a rebase, percent or factor, and optionally a delay. */
const REQUEST = {
  percent: optional("Change of all balances in percent, for example 1.5, or -2 for a loss."),
  factor: optional("The same as a factor: 1.015 is +1.5 %. Instead of --percent."),
  delay: optional(
    "Time from scheduling until it takes effect, for example 1h30m, or seconds; the controller's delay by default. Only a loss may take effect sooner.",
  ),
};

const FEE_TOKEN =
  "Payment of CCIP's fees: native or link from the account that signs; treasury or treasury-link.";

/** The options of sending broadcasts. */
const SENDING = {
  feeToken: defaulted(FEE_TOKEN, "native"),
  feeCeiling: optional(
    "Maximum total of this run's fees, in whole units of the fee token, for example 0.05; by default the quote plus 10 %.",
  ),
  noFollow: flag(
    "End once the messages are sent instead of tracking them until they are executed.",
  ),
  yes: YES,
};

/** The options of changing a pending rebase. */

async function sendingOf(typed: {
  readonly feeToken: string;
  readonly feeCeiling: string | undefined;
  readonly noFollow: boolean;
}) {
  const { feeCeilingOf, paymentByName } = await import("../lib/core/payment");
  return {
    payment: paymentByName(typed.feeToken),
    ceiling: feeCeilingOf(typed.feeCeiling),
    follow: !typed.noFollow,
  };
}

onMesh(
  rebase.task(
    "status",
    "Epoch, growth index and lag of every chain. Exits 0 if all are synced, 2 if one is stale, 1 if one was not read.",
  ),
  { raw: RAW },
  async (typed, open) => {
    const { isOff, showStatus } = await import("../lib/cli/rebase/status");
    const { isUndecided } = await import("../lib/mesh/components/circuitBreaker");
    return open((session) => showStatus(session, typed), {
      partly: true,
      drift: ({ satellites }) => satellites.some((one) => isOff(one) || isUndecided(one)),
      failed: isPartial,
    });
  },
);

onMesh(
  rebase.task("history", "Every rebase, newest first, and when it reached which satellite."),
  { limit: defaulted("How many rebases to show at most.", "20"), raw: RAW },
  async (typed, open) => {
    const { showHistory } = await import("../lib/cli/rebase/history");
    const { parseWhole } = await import("../lib/core/input/decimal");
    const limit = Number(parseWhole(typed.limit, { least: 1n, option: "--limit" }));
    return open((session) => showHistory(session, { ...typed, limit }));
  },
);

onMesh(
  rebase.task(
    "simulate",
    "What a rebase would do: guards, fees, gas, balances. Sends nothing. Exits 0 if it would go through, 2 if it would be refused.",
  ),
  { ...REQUEST, raw: RAW },
  async ({ json, raw, ...typed }, open) => {
    const { requestOf } = await import("../lib/rebase/request");
    const { showSimulation } = await import("../lib/cli/rebase/simulate");
    const { wouldGoThrough } = await import("../lib/rebase/simulate");
    const request = requestOf(typed);
    return open((session) => showSimulation(session, { ...request, json, raw }), {
      drift: (simulation) => !wouldGoThrough(simulation),
    });
  },
);

onMesh(
  rebase.task(
    "execute",
    "Simulates, rebases and broadcasts; run again with --epoch, it resumes. Exits 2 if a satellite is stale.",
  ),
  {
    ...REQUEST,
    epoch: optional("The epoch that this rebase creates, at most once; the next one by default."),
    ...SENDING,
  },
  async ({ json, ...typed }, open) => {
    const { requestOf } = await import("../lib/rebase/request");
    const { executeRebase } = await import("../lib/cli/rebase/execute");
    const { parseWhole } = await import("../lib/core/input/decimal");
    const options = {
      ...requestOf(typed),
      ...(typed.epoch !== undefined && {
        epoch: parseWhole(typed.epoch, { least: 1n, option: "--epoch" }),
      }),
      ...(await sendingOf(typed)),
      json,
    };
    return open((session, confirm) => executeRebase(session, { ...options, confirm }), {
      drift: ({ synced }) => !synced,
    });
  },
);

onMesh(
  rebase.task(
    "broadcast",
    "Sends the newest index to the satellites that are stale, and tracks the messages until they are synced. Exits 2 if one is still stale, or was named and not sent to.",
  ),
  {
    to: optional("Send to these satellites, whatever their epoch: op-sepolia,arbitrum-sepolia."),
    ...SENDING,
    all: flag("Send to every satellite, whatever its epoch."),
  },
  async ({ json, all, ...typed }, open) => {
    const { broadcastNewest, requireSatellites } = await import("../lib/cli/rebase/broadcast");
    const { isDone } = await import("../lib/cli/rebase/text");
    const to = typed.to?.split(",").map((name) => name.trim());
    const options = { ...(await sendingOf(typed)), to, all, json };
    return open((session, confirm) => broadcastNewest(session, { ...options, confirm }), {
      check: (config) => requireSatellites(config, to ?? []),
      drift: (result) => !isDone(result),
    });
  },
);

onMesh(
  rebase.task(
    "cancel",
    "Cancels the pending rebase, as the admin of the controller or by a proposal to its timelock; run again, it resumes. Exits 2 while it waits.",
  ),
  DECISION,
  async (typed, open) => {
    const { changePending } = await import("../lib/cli/rebase/pending");
    return open((session, confirm) => changePending(session, { ...typed, confirm }), {
      drift: (result) => typed.out === undefined && result.open.length > 0,
    });
  },
);

onMesh(
  rebase.task(
    "replace",
    "Replaces the pending rebase by another one, as the admin of the controller or by a proposal to its timelock; run again, it resumes. Exits 2 while it waits.",
  ),
  { ...REQUEST, ...DECISION },
  async (typed, open) => {
    const { requestOf } = await import("../lib/rebase/request");
    const { changePending } = await import("../lib/cli/rebase/pending");
    const request = requestOf(typed);
    return open((session, confirm) => changePending(session, { ...typed, request, confirm }), {
      drift: (result) => typed.out === undefined && result.open.length > 0,
    });
  },
);

define(
  rebase.task(
    "keep",
    "Rebases when that is due and syncs every satellite: for cron or a CI job; asks nothing. Every option may come from a variable, REBASE_FEE_TOKEN for --fee-token. stdout is one JSON document a line, amounts as decimal strings in wei. Exit codes: 0 every satellite has the home's whole state; 1 something failed, or a rebase was due and refused (what could be broadcast was); 2 a satellite is stale; 3 worth running again later: the fee ceiling, lack of money or the price of gas deferred something.",
  ),
  {
    mesh: optional("A mesh in config/meshes; by default that of the variable MESH, or local."),
    policy: optional(
      'By how much and how often, as a JSON file: percent or annualPercent, and every ("20h"); config/policies/<mesh>.json by default.',
    ),
    percent: optional("Size of every rebase in percent, instead of a policy file."),
    annualPercent: optional("Total of a year's rebases in percent, instead of a policy file."),
    every: optional("Minimum time between rebases: 90m, 20h, 1d."),
    feeToken: optional(FEE_TOKEN),
    feeCeiling: optional(
      "Maximum total of this run's fees, in whole units of the fee token: 0.05. Gas is not included.",
    ),
    attempts: optional("Maximum number of broadcasts to one satellite in this run; 3 by default."),
    overdueAfter: optional(
      "Age at which a message that was not executed counts as lost; 45m by default.",
    ),
    followFor: optional(
      "Time for which messages are tracked; 1h by default, on a local network 30s.",
    ),
    broadcastOnly: flag("Never rebase, only sync the satellites that are stale."),
    dryRun: flag("Decide and quote, send nothing."),
  },
  async (typed, hre) => {
    const { withSession } = await import("../lib/hardhat/withSession");
    const { keeperOptionsOf } = await import("../lib/rebase/keeperOptions");
    const options = keeperOptionsOf(typed, process.env);
    const result = await withSession(hre, options.mesh, async (session) => {
      const { keepAndReport } = await import("../lib/cli/rebase/keep");
      return keepAndReport(session, options);
    });
    process.exitCode = result.exitCode;
    return result;
  },
);
