import { formatDuration } from "../../core/duration";
import { formatGrowth, formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { Mesh } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { readHistory } from "../../rebase/history";
import type { History, PastRebase } from "../../rebase/history";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { counted, formatTable } from "../text";

/** Prints every rebase, newest first: its outcome, and when each satellite was synced with it. */
export async function showHistory(
  { mesh }: OperatorContext,
  { json, limit, raw = false }: { json: boolean; limit: number; raw?: boolean },
  { stdout }: Output = consoleOutput,
): Promise<readonly PastRebase[]> {
  const history = await readHistory(mesh, limit);
  const { rebases, untold } = history;
  const document = {
    mesh: mesh.config.name,
    rebases: rebases.map((rebase) => ({
      ...rebase,
      growthIndex: growthIndex(rebase.sharesPerToken),
    })),
    untold,
  };
  stdout(json ? toJson(document) : text(mesh, history, raw));
  return rebases;
}

function text({ config, home, satellites }: Mesh, history: History, raw: boolean): string {
  const { rebases, untold } = history;
  const epochs = `${untold.length === 1 ? "epoch" : "epochs"} ${untold.join(", ")}`;
  const gaps =
    untold.length === 0
      ? []
      : [
          "",
          `No log of ${home.name} tells of ${epochs}: its endpoint leaves logs out, or another controller scheduled them.`,
        ];
  if (rebases.length === 0) return [`mesh ${config.name}: no rebase yet`, ...gaps].join("\n");
  const head = [
    ...["epoch", "growth", "growth index", "takes effect at"],
    ...(raw ? ["divisor"] : []),
    "",
    ...satellites.map(({ name }) => name),
  ];
  const rows = rebases.map((rebase) => [
    String(rebase.epoch),
    formatGrowth(rebase.growthFactor),
    formatGrowthIndex(rebase.sharesPerToken),
    timeText(rebase.effectiveAt),
    ...(raw ? [String(rebase.sharesPerToken)] : []),
    rebase.outcome,
    ...satellites.map(({ name }) => arrivalText(rebase, name)),
  ]);
  return [
    `mesh ${config.name}: ${counted(rebases.length, "rebase")}, newest first; satellites by the time it took to reach them`,
    "",
    formatTable(head, rows),
    "",
    ...rebases.map(
      ({ epoch, scheduledAt, transactionHash }) =>
        `epoch ${epoch} was scheduled at ${timeText(scheduledAt)} in ${transactionHash}`,
    ),
    ...gaps,
  ].join("\n");
}

function arrivalText({ epoch, arrivals, missing }: PastRebase, satellite: string): string {
  const arrival = arrivals.find(({ chain }) => chain === satellite);
  if (!arrival) return missing.includes(satellite) ? "missing" : "at an unknown time";
  const by = arrival.epoch === epoch ? "" : ` by epoch ${arrival.epoch}`;
  return `${formatDuration(arrival.lag)}${by}`;
}
