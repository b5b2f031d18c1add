import { groupBy } from "ccip-localnet/protocol";

import { formatDuration } from "../../core/duration";
import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import { quarantineRecovery, quarantineText } from "../../mesh/components/circuitBreaker";
import type { OperatorContext } from "../../mesh/operator";
import { holdsOnAll, orUnreachable, unreadDocument, untilRead } from "../../mesh/unread";
import { findScheduled } from "../../rebase/controller";
import type { ScheduledRebase } from "../../rebase/controller";
import { readListeners } from "../../rebase/listeners";
import { readEachStatus } from "../../rebase/status";
import type {
  ChainStatus,
  FollowerStatus,
  SatelliteStatus,
  StatusReading,
} from "../../rebase/status";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { counted, formatTable, unreadLines } from "../text";

import { verdictText } from "./text";

/** A satellite that was read, compared with home if home was read. */
type Satellite = StatusReading["satellites"][number];

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
  const newest =
    home && satellites.some(isOff)
      ? await orUnreachable(unread, mesh.home.name, () =>
          findScheduled(mesh.home, home.epoch, home.blockNumber),
        )
      : undefined;
  const untold = await readUntold(mesh, unread);
  stdout(
    json
      ? toJson({ ...document(mesh, status, newest), ...(mesh.config.listeners && { untold }) })
      : [text(mesh, status, newest, raw), ...untoldLines(mesh, untold)].join("\n"),
  );
  for (const line of unreadLines(unread)) log(line);
  return status;
}

/** Returns whether a satellite is known not to be synced with home. */
export function isOff({ syncStatus }: Partial<SatelliteStatus>): boolean {
  return syncStatus !== undefined && syncStatus !== "synced";
}

/** A listener that was not told of the index that counts on its chain. */
interface UntoldListener {
  readonly chain: string;
  readonly listener: string;
  /** Number of its calls that failed since the last success. */
  readonly failures: number;
}

async function readUntold(mesh: Mesh, unread: Map<string, Error>): Promise<UntoldListener[]> {
  const untold = chainsOf(mesh).map(async (chain) => {
    const found = await orUnreachable(unread, chain.name, () => readListeners(mesh, chain));
    return (found?.listeners ?? [])
      .filter(({ isUntold }) => isUntold)
      .map(({ name, failures }) => ({ chain: chain.name, listener: name, failures }));
  });
  return (await Promise.all(untold)).flat();
}

function untoldLines({ config }: Mesh, untold: readonly UntoldListener[]): string[] {
  const chains = [...groupBy(untold, ({ chain }) => chain)];
  return chains.flatMap(([chain, listeners], i) => {
    const names = listeners.map(({ listener, failures }) =>
      failures === 0 ? listener : `${listener} (${counted(failures, "failed call")})`,
    );
    const notify = command("notifier notify", { chain, mesh: config.name });
    return [
      ...(i === 0 ? [""] : []),
      `${chain}: not told of the index that counts: ${names.join(", ")}; ${notify}`,
    ];
  });
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
  const columns: [string, (chain: ChainStatus) => string][] = [
    ["chain", ({ chain }) => chain],
    ["block", ({ blockNumber }) => String(blockNumber)],
    ["epoch", ({ epoch }) => String(epoch)],
    ["growth index", ({ sharesPerToken }) => formatGrowthIndex(sharesPerToken)],
    ["next", ({ pending, next }) => (pending ? formatGrowthIndex(next) : "")],
    ["takes effect at", ({ effectiveAt }) => (effectiveAt === 0n ? "" : timeText(effectiveAt))],
  ];
  if (raw) columns.push(["divisor", ({ sharesPerToken }) => String(sharesPerToken)]);
  const rows = chainsOf(mesh).map(({ name, role }) => {
    const satellite = satellites.find(({ chain }) => chain === name);
    const chain = role === "home" ? home : satellite;
    const end = role === "home" ? role : lagText(satellite, home, newest);
    const confirmed = satellite && role !== "home" ? confirmedText(satellite) : "";
    if (chain) return [...columns.map(([, valueOf]) => valueOf(chain)), confirmed, end];
    return [name, "not read", ...columns.slice(2).map(() => ""), "", end];
  });
  const head = [...columns.map(([title]) => title), "confirmed by home", ""];
  const held = satellites.flatMap(({ chain, quarantined }) => {
    if (!quarantined) return [];
    const recovery = quarantineRecovery(mesh.config.name, chain, quarantined, home);
    return ["", `${chain} holds back ${quarantineText(quarantined)}: ${recovery}`];
  });
  return [readVerdict(mesh.config.name, status), "", formatTable(head, rows), ...held].join("\n");
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

/** Formats when home last confirmed the index of a satellite, by the satellite's clock. */
export function confirmedText({
  lastConfirmed,
  timestamp,
}: Pick<FollowerStatus, "lastConfirmed" | "timestamp">): string {
  return lastConfirmed === 0n ? "never" : `${formatDuration(timestamp - lastConfirmed)} ago`;
}

/** Returns the lag of a satellite by home's clock; undefined when it is synced. */
function lagOf(
  { syncStatus, epoch, destination }: Satellite,
  home: ChainStatus,
  newest?: ScheduledRebase,
) {
  if (!syncStatus || syncStatus === "synced") return undefined;
  const isSent = destination?.lastEpoch === home.epoch;
  return {
    epochs: home.epoch - epoch,
    /** Undefined for the genesis. */
    secondsSinceScheduled: newest && home.timestamp - newest.scheduledAt,
    /** Undefined if home did not send its newest epoch to the satellite. */
    secondsSinceSent: isSent ? home.timestamp - destination.lastSentAt : undefined,
  };
}

function lagText(
  satellite: Satellite | undefined,
  home: ChainStatus | undefined,
  newest?: ScheduledRebase,
): string {
  if (!satellite?.syncStatus || !home) return "not known";
  const lag = lagOf(satellite, home, newest);
  if (!lag) return "synced";
  if (satellite.syncStatus === "diverged") return "holds an index that home never sent";
  const { epochs, secondsSinceScheduled: scheduled, secondsSinceSent: sent } = lag;
  return [
    `${counted(epochs, "epoch")} behind`,
    ...(scheduled === undefined ? [] : [`scheduled ${formatDuration(scheduled)} ago`]),
    sent === undefined ? "not sent" : `sent ${formatDuration(sent)} ago`,
  ].join(", ");
}
