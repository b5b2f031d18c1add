import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import type { Mesh } from "../../core/mesh/mesh";
import { formatDuration } from "../../core/duration";
import { timeText } from "../../core/time";
import { formatGrowth, formatGrowthIndex, growthIndex } from "../../core/growth";
import { readHistory } from "../../rebase/history";
import type { PastRebase } from "../../rebase/history";

/** Prints every rebase, newest first: its outcome, and when each satellite was synced with it. */
export async function showHistory(
  { mesh }: OperatorContext,
  {
    json,
    limit,
    raw = false,
  }: { readonly json: boolean; readonly limit: number; readonly raw?: boolean },
  { stdout }: Output = consoleOutput,
): Promise<readonly PastRebase[]> {
  const { rebases, untold } = await readHistory(mesh, limit);
  stdout(
    json
      ? toJson({
          mesh: mesh.config.name,
          rebases: rebases.map((rebase) => ({
            ...rebase,
            growthIndex: growthIndex(rebase.sharesPerToken),
          })),
          untold,
        })
      : text(mesh, rebases, untold, raw),
  );
  return rebases;
}

function text(
  { config, home, satellites }: Mesh,
  rebases: readonly PastRebase[],
  untold: readonly bigint[],
  raw: boolean,
): string {
  const gaps =
    untold.length === 0
      ? []
      : [
          "",
          `No log of ${home.name} tells of ${untold.length === 1 ? "epoch" : "epochs"} ${untold.join(", ")}: its endpoint leaves logs out, or another controller scheduled them.`,
        ];
  if (rebases.length === 0) return [`mesh ${config.name}: no rebase yet`, ...gaps].join("\n");
  return [
    `mesh ${config.name}: ${rebases.length === 1 ? "1 rebase" : `${rebases.length} rebases`}, newest first; satellites by the time it took to reach them`,
    "",
    formatTable(
      [
        ...["epoch", "growth", "growth index", "takes effect at"],
        ...(raw ? ["divisor"] : []),
        "",
        ...satellites.map(({ name }) => name),
      ],
      rebases.map((rebase) => [
        String(rebase.epoch),
        formatGrowth(rebase.growthFactor),
        formatGrowthIndex(rebase.sharesPerToken),
        timeText(rebase.effectiveAt),
        ...(raw ? [String(rebase.sharesPerToken)] : []),
        rebase.outcome,
        ...satellites.map(({ name }) => arrivalText(rebase, name)),
      ]),
    ),
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
