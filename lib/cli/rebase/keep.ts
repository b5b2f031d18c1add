import { nativeSymbol } from "../../core/chains";
import { formatGrowth } from "../../core/growth";
import { formatFee } from "../../core/payment";
import type { Payment } from "../../core/payment";
import type { OperatorContext } from "../../mesh/operator";
import { KEEPER_EXIT, keep } from "../../rebase/keeper";
import type { KeeperEvent, KeeperResult } from "../../rebase/keeper";
import type { KeeperArguments } from "../../rebase/keeperOptions";
import { pollOptionsOf } from "../../rebase/retryPolicy";
import { shortMessage } from "../../tx/errors";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

import { eventText } from "./text";

/**
 * Runs the keeper once: prints every event as a line of JSON on stdout and as text on stderr. The last line
 * contains the outcome, also after an error.
 */
export async function keepAndReport(
  context: OperatorContext,
  { followMs, ...options }: Omit<KeeperArguments, "mesh">,
  { stdout, log }: Output = consoleOutput,
): Promise<KeeperResult> {
  const { config, home } = context.mesh;
  const pollOptions = pollOptionsOf(config.live);
  const report = (event: KeeperEvent) => {
    stdout(lineOf(event));
    const text = keeperText(event, home.name, options.payment.token);
    if (text !== undefined) log(text);
  };
  try {
    return await keep(context, {
      ...options,
      pollOptions: { ...pollOptions, followMs: followMs ?? pollOptions.followMs },
      onEvent: report,
    });
  } catch (error) {
    const reason = error instanceof Error ? shortMessage(error) : String(error);
    report({ event: "error", exitCode: KEEPER_EXIT.failed, reason });
    throw error;
  }
}

/** Formats an event as one line of JSON with the current time; bigints as decimal strings. */
function lineOf(event: KeeperEvent): string {
  return JSON.stringify({ at: new Date().toISOString(), ...event }, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

function keeperText(event: KeeperEvent, home: string, token: Payment["token"]): string | undefined {
  switch (event.event) {
    case "start":
      return `mesh     ${event.mesh}${event.policy ? "" : ", broadcasting only"}${event.dryRun ? ", sending nothing" : ""}`;
    case "decision":
      return event.due
        ? `due      ${formatGrowth(event.growthFactor)}: ${event.reason}`
        : `not due  ${event.reason}`;
    case "rebase-sent":
      return `sent     rebase to epoch ${event.epoch}, ${event.hash}`;
    case "rebase-scheduled":
      return `mined    epoch ${event.epoch} (${event.growth})`;
    case "rebase-refused":
      return `refused  ${event.reason}`;
    case "rebase-deferred":
      return `deferred nothing was scheduled: ${event.reason}`;
    case "runway":
      return `runway   the treasury pays ${event.nativeBroadcasts ?? "?"} more broadcasts in ${nativeSymbol(home)}, ${event.linkBroadcasts ?? "?"} in LINK`;
    case "quarantined":
      return `held     ${event.chain} holds back ${event.reason}: ${event.recovery}`;
    case "end": {
      const { synced, stale, epoch } = event;
      const names = stale.map(({ chain, why }) => `${chain} (${why})`).join(", ");
      const state = synced ? `synced   epoch ${epoch} is everywhere` : `stale    ${names}`;
      return `${state}; fees of this run ${formatFee(event.spent, token, home)}`;
    }
    case "status":
    case "fees":
    // The error is also thrown and printed then.
    case "error":
      return undefined;
    case "broadcast-sent":
    case "broadcast-failed":
    case "lane-down":
    case "deferred":
    case "applied":
    case "lane":
    case "retry":
    case "repoll":
      return eventText(event, home);
  }
}
