import { toJson } from "../../cli/json";
import { formatTable } from "../../cli/table";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { spanText, timeText } from "../../cli/time";
import { findScheduled } from "../controller";
import type { ScheduledRebase } from "../controller";
import { readStatus } from "../status";
import type { ChainStatus, RebaseStatus, SatelliteStatus } from "../status";

import { verdictText } from "./text";

/**
 * Says whether every satellite tells what home tells, and what each chain knows.
 * @returns what was read.
 */
export async function showStatus(
  { mesh }: Desk,
  { json }: { readonly json: boolean },
  { print }: Voice = TERMINAL,
): Promise<RebaseStatus> {
  const status = await readStatus(mesh);
  const { home, satellites } = status;
  const isBehind = satellites.some(({ standing }) => standing !== "in step");
  const newest = isBehind
    ? await findScheduled(mesh.home, home.epoch, home.blockNumber)
    : undefined;
  const { name } = mesh.config;
  print(json ? toJson(document(name, status, newest)) : text(name, status, newest));
  return status;
}

function document(mesh: string, { home, satellites }: RebaseStatus, newest?: ScheduledRebase) {
  return {
    mesh,
    inStep: satellites.every(({ standing }) => standing === "in step"),
    home,
    ...(newest && { newest }),
    satellites: satellites.map((satellite) => ({
      ...satellite,
      lag: lagOf(satellite, home, newest),
    })),
  };
}

function text(mesh: string, status: RebaseStatus, newest?: ScheduledRebase): string {
  const { home, satellites } = status;
  const rows = [
    [...row(home), "home"],
    ...satellites.map((satellite) => [...row(satellite), lagText(satellite, home, newest)]),
  ];
  const head = ["chain", "block", "epoch", "index now", "next index", "counts from", ""];
  return [verdictText(mesh, status), "", formatTable(head, rows)].join("\n");
}

function row(chain: ChainStatus): string[] {
  const { epoch, pending, next, effectiveAt, sharesPerToken } = chain;
  return [
    chain.chain,
    String(chain.blockNumber),
    String(epoch),
    epoch === 0n ? "unsynced" : String(sharesPerToken),
    pending ? String(next) : "",
    effectiveAt === 0n ? "" : timeText(effectiveAt),
  ];
}

interface Lag {
  readonly epochs: bigint;
  /** Since home scheduled its newest rebase; undefined for the genesis. */
  readonly secondsSinceScheduled?: bigint;
  /** Since home sent its newest epoch to this satellite; undefined when it did not. */
  readonly secondsSinceSent?: bigint;
}

/** How far a satellite is behind, by home's clock; undefined when it is in step. */
function lagOf(
  { standing, epoch, destination }: SatelliteStatus,
  home: ChainStatus,
  newest?: ScheduledRebase,
): Lag | undefined {
  if (standing === "in step") return undefined;
  const isSent = destination?.lastEpoch === home.epoch;
  return {
    epochs: home.epoch - epoch,
    ...(newest && { secondsSinceScheduled: home.timestamp - newest.scheduledAt }),
    ...(isSent && { secondsSinceSent: home.timestamp - destination.lastSentAt }),
  };
}

function lagText(satellite: SatelliteStatus, home: ChainStatus, newest?: ScheduledRebase): string {
  const lag = lagOf(satellite, home, newest);
  if (!lag) return "in step";
  if (satellite.standing === "apart") return "tells an index that home never told";
  const { epochs, secondsSinceScheduled, secondsSinceSent } = lag;
  const scheduled =
    secondsSinceScheduled === undefined ? "" : `, scheduled ${spanText(secondsSinceScheduled)} ago`;
  const sent =
    secondsSinceSent === undefined ? "not sent" : `sent ${spanText(secondsSinceSent)} ago`;
  return `${epochs} ${epochs === 1n ? "epoch" : "epochs"} behind${scheduled}, ${sent}`;
}
