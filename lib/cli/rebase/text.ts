import type { Mesh } from "../../core/mesh/mesh";
import { formatFee } from "../../core/payment";
import type { Payment } from "../../core/payment";
import { explainRevert } from "../../core/reasons/catalogue";
import { meshNames } from "../../core/reasons/reason";
import { command } from "../../core/recovery";
import { decode } from "../../core/revert/revertChain";
import { quarantineRecovery } from "../../mesh/components/circuitBreaker";
import { laneText, needsSending } from "../../rebase/laneState";
import type { RunnerEvent, RunnerResult, LaneResult } from "../../rebase/runner";
import type { RebaseStatus } from "../../rebase/status";

/** Describes whether all satellites are synced with home. */
export function verdictText(mesh: string, { home, satellites }: RebaseStatus): string {
  const off = satellites.filter(({ syncStatus }) => syncStatus !== "synced");
  const count = satellites.length;
  if (off.length === 0) {
    const all = count === 1 ? "its satellite is" : `all ${count} satellites are`;
    return `mesh ${mesh}: ${all} synced at epoch ${home.epoch}`;
  }
  const names = off.map(({ chain }) => chain).join(", ");
  const isDiverged = off.some(({ syncStatus }) => syncStatus === "diverged");
  return `mesh ${mesh}: ${off.length} of ${count} satellites ${off.length === 1 ? "is" : "are"} ${isDiverged ? "not synced" : "stale"}, home is at epoch ${home.epoch}: ${names}`;
}

/** Describes an event of the broadcast runner, one line each. */
export function eventText(event: RunnerEvent, home: string): string {
  switch (event.event) {
    case "broadcast-sent":
      return `sent     epoch ${event.epoch} to ${event.chain} in message ${event.messageId}, fee ${formatFee(event.fee, event.feeToken, home)}, ${event.hash}`;
    case "broadcast-failed":
      return `failed   ${event.chain} did not take epoch ${event.epoch}: ${event.reason}`;
    case "lane-down":
      return `down     ${event.chain} takes nothing: ${event.reason}`;
    case "deferred":
      return `deferred nothing was sent to ${event.chain}: ${event.reason}`;
    case "applied":
      return `applied  ${event.chain} has epoch ${event.epoch}`;
    case "lane":
      return `lane     ${event.chain}: ${event.text}`;
    case "retry":
      return `retry    ${event.chain} in ${event.inSeconds} s`;
    case "repoll":
      return `repoll   ${event.reason}`;
  }
}

/** Describes the outcome of a run, and the next steps for stale satellites. */
export function resultText(mesh: Mesh, result: RunnerResult, { token }: Payment): string {
  const { status, lanes, spent } = result;
  const { name } = mesh.config;
  const off = lanes.filter(({ state, unsent }) => unsent || state.kind !== "synced");
  const unsent = lanes.filter((lane) => lane.unsent).map(({ chain }) => chain);
  const verdict =
    unsent.length === 0
      ? verdictText(name, status)
      : `mesh ${name}: epoch ${status.home.epoch} was not sent to ${unsent.join(", ")}, as was asked`;
  const next =
    unsent.length === 0
      ? `Then ${command("rebase broadcast", { mesh: name })}: it sends only what is missing.`
      : `Then ${command("rebase broadcast", { to: unsent.join(","), mesh: name })}.`;
  return [
    `${verdict}; fees of this run ${formatFee(spent, token, mesh.home.name)}`,
    ...off.flatMap((lane) => [
      `  ${lane.chain}: ${laneEndText(lane)}`,
      ...recoveries(mesh, lane, status).map((recovery) => `    ${recovery}`),
    ]),
    ...(isDone(result) ? [] : [next]),
  ].join("\n");
}

/** Returns whether every satellite has the newest epoch and every requested message was sent. */
export function isDone({ synced, lanes }: Pick<RunnerResult, "synced" | "lanes">): boolean {
  return synced && lanes.every(({ unsent }) => !unsent);
}

/** The reason why a message is not sent is more useful than the lane's state. */
function laneEndText({ state, trouble, deferred, unsent }: LaneResult): string {
  const isOwed = deferred || unsent || needsSending(state);
  return isOwed && trouble !== undefined ? trouble : laneText(state);
}

/** Returns the next steps for a stale satellite. */
function recoveries(
  { home, config }: Mesh,
  { chain, state, refusedWith }: LaneResult,
  status: RebaseStatus,
): string[] {
  if (state.kind === "failed" || state.kind === "without effect") {
    return [command(`message doctor ${state.messageId}`, { mesh: config.name })];
  }
  if (state.kind === "quarantined") {
    return [quarantineRecovery(config.name, chain, state.held, status.home)];
  }
  if (refusedWith === undefined) return [];
  const at = status.home.timestamp;
  const { fixes } = explainRevert(
    { mesh: meshNames(config), direction: "send", chain: home.name, peer: chain, at },
    decode(refusedWith),
  );
  return fixes.map(({ command: fix, note }) => fix ?? note);
}

/** Returns the JSON document of a run. */
export function resultDocument(mesh: string, { status, lanes, spent, synced }: RunnerResult) {
  return {
    mesh,
    epoch: status.home.epoch,
    done: isDone({ synced, lanes }),
    synced,
    spent,
    satellites: lanes.map(({ chain, state, attempts, trouble, deferred, unsent }) => ({
      chain,
      state: state.kind,
      ...("messageId" in state && { messageId: state.messageId }),
      attempts,
      deferred,
      unsent,
      trouble,
    })),
  };
}
