import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { unreadLines } from "../mesh/text";
import { chainsOf } from "../../core/mesh/mesh";
import { orUnreachable } from "../../mesh/open";
import type { Mesh } from "../../core/mesh/mesh";
import { holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { formatDuration } from "../../core/duration";
import { timeText } from "../../core/time";
import { findScheduled } from "../../rebase/controller";
import type { ScheduledRebase } from "../../rebase/controller";
import { readEachStatus } from "../../rebase/status";
import type { ChainStatus, SatelliteStatus, StatusReading } from "../../rebase/status";

import { verdictText } from "./text";

/**
 * Shows whether every satellite is synced with home, and the index of each chain. A chain that does not answer is
 * reported, and results that depend on it stay open.
 * @returns the values that were read.
 */
export async function showStatus(
  { mesh, unreachable }: OperatorContext,
  { json, raw = false }: { readonly json: boolean; readonly raw?: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<StatusReading> {
  const read = await readEachStatus(mesh, unreachable);
  const { home, satellites } = read;
  const unread = new Map(read.unread);
  const status = { ...read, unread };
  const isBehind = satellites.some(isOff);
  const newest =
    home &&
    isBehind &&
    (await orUnreachable(unread, mesh.home.name, () =>
      findScheduled(mesh.home, home.epoch, home.blockNumber),
    ));
  const scheduled = newest || undefined;
  stdout(json ? toJson(document(mesh, status, scheduled)) : text(mesh, status, scheduled, raw));
  for (const line of unreadLines(unread)) log(line);
  return status;
}

/** Returns whether a satellite is known not to be synced with home. */
export function isOff({ syncStatus }: Partial<SatelliteStatus>): boolean {
  return syncStatus !== undefined && syncStatus !== "synced";
}

function document(
  { config }: Mesh,
  { home, satellites, unread }: StatusReading,
  newest?: ScheduledRebase,
) {
  return {
    mesh: config.name,
    synced: holdsOnAll(!satellites.some(isOff), unread),
    unread: unreadDocument(unread),
    home: home ? { ...home, growthIndex: growthIndex(home.sharesPerToken) } : null,
    ...(newest && { newest }),
    satellites: satellites.map((satellite) => ({
      ...satellite,
      growthIndex: growthIndex(satellite.sharesPerToken),
      syncStatus: satellite.syncStatus ?? null,
      lag: home && lagOf(satellite, home, newest),
    })),
  };
}

function text(
  mesh: Mesh,
  status: StatusReading,
  newest: ScheduledRebase | undefined,
  raw: boolean,
): string {
  const { home, satellites } = status;
  const rows = chainsOf(mesh).map(({ name, role }) => {
    const chain = role === "home" ? home : satellites.find((satellite) => satellite.chain === name);
    if (!chain)
      return [
        name,
        "not read",
        "",
        "",
        "",
        "",
        ...(raw ? [""] : []),
        role === "home" ? role : "not known",
      ];
    return [...row(chain, raw), role === "home" ? role : lagText(chain, home, newest)];
  });
  const head = [
    ...["chain", "block", "epoch", "growth index", "next", "takes effect at"],
    ...(raw ? ["divisor"] : []),
    "",
  ];
  return [readVerdict(mesh.config.name, status), "", formatTable(head, rows)].join("\n");
}

/** Describes whether all satellites are synced with home, as far as chains were read. */
function readVerdict(mesh: string, { home, satellites, unread }: StatusReading): string {
  const compared = satellites.flatMap(({ syncStatus, ...status }) =>
    syncStatus ? [{ ...status, syncStatus }] : [],
  );
  if (home && unread.size === 0) return verdictText(mesh, { home, satellites: compared });
  const open = `mesh ${mesh}: cannot tell whether the satellites are synced ${untilRead(unread)}`;
  if (!home || compared.length === 0) return open;
  const off = compared.filter(isOff).map(({ chain }) => chain);
  return `${open}; home is at epoch ${home.epoch}, and of the ${compared.length} that answered ${off.length === 0 ? "none is stale" : `not synced: ${off.join(", ")}`}`;
}

function row(chain: ChainStatus, raw: boolean): string[] {
  const { epoch, pending, next, effectiveAt, sharesPerToken } = chain;
  return [
    chain.chain,
    String(chain.blockNumber),
    String(epoch),
    formatGrowthIndex(sharesPerToken),
    pending ? formatGrowthIndex(next) : "",
    effectiveAt === 0n ? "" : timeText(effectiveAt),
    ...(raw ? [String(sharesPerToken)] : []),
  ];
}

interface Lag {
  readonly epochs: bigint;
  /** Seconds since home scheduled its newest rebase; undefined for the genesis. */
  readonly secondsSinceScheduled?: bigint;
  /** Seconds since home sent its newest epoch to this satellite; undefined if it did not. */
  readonly secondsSinceSent?: bigint;
}

/** Returns the lag of a satellite by home's clock; undefined when it is synced. */
function lagOf(
  { syncStatus, epoch, destination }: ChainStatus & Partial<SatelliteStatus>,
  home: ChainStatus,
  newest?: ScheduledRebase,
): Lag | undefined {
  if (!syncStatus || syncStatus === "synced") return undefined;
  const isSent = destination?.lastEpoch === home.epoch;
  return {
    epochs: home.epoch - epoch,
    ...(newest && { secondsSinceScheduled: home.timestamp - newest.scheduledAt }),
    ...(isSent && { secondsSinceSent: home.timestamp - destination.lastSentAt }),
  };
}

function lagText(
  satellite: ChainStatus & Partial<SatelliteStatus>,
  home: ChainStatus | undefined,
  newest?: ScheduledRebase,
): string {
  if (!home || !satellite.syncStatus) return "not known";
  const lag = lagOf(satellite, home, newest);
  if (!lag) return "synced";
  if (satellite.syncStatus === "diverged") return "tells an index that home never told";
  const { epochs, secondsSinceScheduled, secondsSinceSent } = lag;
  const scheduled =
    secondsSinceScheduled === undefined
      ? ""
      : `, scheduled ${formatDuration(secondsSinceScheduled)} ago`;
  const sent =
    secondsSinceSent === undefined ? "not sent" : `sent ${formatDuration(secondsSinceSent)} ago`;
  return `${epochs} ${epochs === 1n ? "epoch" : "epochs"} behind${scheduled}, ${sent}`;
}
