import { formatUnits } from "ethers";

import { nativeSymbol } from "../../core/chains";
import { formatTokens } from "../../core/amount";
import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { command } from "../../core/recovery";
import type { OperatorContext } from "../../mesh/operator";
import { timeText } from "../../core/time";
import { formatGrowth, formatGrowthIndex, growthIndex } from "../../core/growth";
import type { RebaseRequest } from "../../rebase/guards";
import { formatFee } from "../../core/payment";
import { simulateRebase, wouldGoThrough } from "../../rebase/simulate";
import type { Simulation } from "../../rebase/simulate";

/**
 * Shows the effect of a rebase on every guard and chain. Sends nothing.
 * @returns the simulation.
 */
export async function showSimulation(
  { mesh, store }: OperatorContext,
  {
    json,
    raw = false,
    ...request
  }: RebaseRequest & { readonly json: boolean; readonly raw?: boolean },
  { stdout }: Output = consoleOutput,
): Promise<Simulation> {
  const simulation = await simulateRebase(mesh, request, store);
  const { name } = mesh.config;
  stdout(json ? toJson(document(name, simulation)) : simulationText(name, simulation, raw));
  return simulation;
}

/** Formats a simulation as text, starting with the verdict. */
export function simulationText(mesh: string, simulation: Simulation, raw = false): string {
  const { status, request, epoch, sharesPerToken, effectiveAt, verdicts, gas, lanes, call } =
    simulation;
  const home = status.home.chain;
  const fees = lanes.map(({ chain, native, link }) => [
    chain,
    native === 0n ? "none" : formatFee(native, "native", home),
    link === 0n ? "none" : formatFee(link, "link", home),
  ]);
  const total = (token: "native" | "link") =>
    formatFee(
      lanes.reduce((sum, lane) => sum + lane[token], 0n),
      token,
      home,
    );
  return [
    `mesh ${mesh}: ${verdict(simulation)}`,
    "",
    formatTable(
      ["guard", "verdict", ""],
      verdicts.map(({ guard, passes, detail }) => [guard, passes ? "passes" : "refuses", detail]),
      3,
    ),
    "",
    `epoch      ${status.home.epoch} -> ${epoch}`,
    `index      ${formatGrowthIndex(status.home.sharesPerToken)} -> ${formatGrowthIndex(sharesPerToken)} (${formatGrowth(request.growthFactor)})`,
    ...(raw ? [`divisor    ${status.home.sharesPerToken} -> ${sharesPerToken}`] : []),
    `counts at  ${timeText(effectiveAt)} if it is mined now`,
    `gas        rebase ${gasText(gas.rebase)}, broadcast ${gasText(gas.broadcast)}, at up to ${formatUnits(gas.price, "gwei")} gwei`,
    `signed by  ${call.from}`,
    `call       ${call.to} ${call.data}`,
    "",
    formatTable(
      ["lane to", `fee in ${nativeSymbol(home)}`, "fee in LINK"],
      [...fees, ["together", total("native"), total("link")]],
    ),
    ...lanes.flatMap(({ chain, down }) =>
      down === undefined ? [] : [`${chain} is down: ${down}`],
    ),
    "",
    "Who holds what 1,000 tokens are at home now sees:",
    formatTable(
      ["chain", "now", "from the rebase on", "when"],
      simulation.holders.map((view, i) => [
        view.chain,
        `${formatTokens(view.now, 6)}${view.isStale ? " (stale)" : ""}`,
        formatTokens(view.after, 6),
        i === 0
          ? timeText(effectiveAt)
          : `${timeText(effectiveAt)}, or when the broadcast arrives if that is later`,
      ]),
    ),
  ].join("\n");
}

/** Describes why a rebase would be rejected, with the values and the fix. */
export function refusalText(mesh: string, simulation: Simulation): string {
  const { status, verdicts } = simulation;
  const refusing = verdicts.filter(({ passes }) => !passes);
  const { home } = status;
  return [
    `mesh ${mesh}: ${verdict(simulation)}. Nothing was sent.`,
    ...refusing.map(({ guard, detail }) => `  ${guard}: ${detail}`),
    ...(home.pending
      ? [
          `Wait until ${timeText(home.effectiveAt)}, when epoch ${home.epoch} counts, or let the admin replace or cancel it on the controller. If it is the one that you want, ${command("rebase broadcast", { mesh })} syncs the satellites.`,
        ]
      : []),
    `What else it would do is told by ${command("rebase simulate", { mesh })}.`,
  ].join("\n");
}

function verdict(simulation: Simulation): string {
  const { request, epoch, verdicts, refusal } = simulation;
  const growth = formatGrowth(request.growthFactor);
  if (wouldGoThrough(simulation)) return `${growth} would go through as epoch ${epoch}`;
  const refusing = verdicts.filter(({ passes }) => !passes).map(({ guard }) => guard);
  return `${growth} would be refused${refusing.length > 0 ? ` by ${refusing.join(", ")}` : ""}${refusal === undefined ? "" : `: ${refusal}`}`;
}

function gasText(gas: bigint | undefined): string {
  return gas === undefined ? "cannot be estimated" : gas.toLocaleString("en");
}

function document(mesh: string, simulation: Simulation) {
  const { status, request, ...rest } = simulation;
  return {
    mesh,
    wouldGoThrough: wouldGoThrough(simulation),
    growthFactor: request.growthFactor,
    home: { ...status.home, growthIndex: growthIndex(status.home.sharesPerToken) },
    growthIndex: growthIndex(rest.sharesPerToken),
    ...rest,
  };
}
