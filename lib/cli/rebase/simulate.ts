import { formatUnits } from "ethers";

import { formatTokens } from "../../core/amount";
import { nativeSymbol } from "../../core/chains";
import { formatGrowth, formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import { formatFee } from "../../core/payment";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { sumOfFees } from "../../rebase/fees";
import type { RebaseRequest } from "../../rebase/request";
import { simulateRebase, wouldGoThrough } from "../../rebase/simulate";
import type { Simulation } from "../../rebase/simulate";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { formatTable } from "../text";

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
  const { status, request, epoch, sharesPerToken, effectiveAt, gas, lanes, call } = simulation;
  const { chain: home, sharesPerToken: now, epoch: newest } = status.home;
  const gasText = (units: bigint | undefined) =>
    units === undefined ? "cannot be estimated" : units.toLocaleString("en");
  return [
    `mesh ${mesh}: ${verdict(simulation)}`,
    "",
    formatTable(
      ["guard", "verdict", ""],
      simulation.verdicts.map(({ guard, passes, detail }) => [
        guard,
        passes ? "passes" : "refuses",
        detail,
      ]),
      3,
    ),
    "",
    `epoch      ${newest} -> ${epoch}`,
    `index      ${formatGrowthIndex(now)} -> ${formatGrowthIndex(sharesPerToken)} (${formatGrowth(request.growthFactor)})`,
    ...(raw ? [`divisor    ${now} -> ${sharesPerToken}`] : []),
    `effective  ${timeText(effectiveAt)} if it is mined now`,
    `gas        rebase ${gasText(gas.rebase)}, broadcast ${gasText(gas.broadcast)}, at up to ${formatUnits(gas.price, "gwei")} gwei`,
    `signed by  ${call.from}`,
    `call       ${call.to} ${call.data}`,
    "",
    formatTable(["lane to", `fee in ${nativeSymbol(home)}`, "fee in LINK"], feeRows(lanes, home)),
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
        `${timeText(effectiveAt)}${i === 0 ? "" : ", or when the broadcast arrives if that is later"}`,
      ]),
    ),
  ].join("\n");
}

/** Describes why a rebase would be rejected, with the values and the fix. */
export function refusalText(mesh: string, simulation: Simulation): string {
  const { status, verdicts } = simulation;
  const { home } = status;
  const waiting = `Wait until ${timeText(home.effectiveAt)}, when epoch ${home.epoch} takes effect, or let the admin replace or cancel it on the controller. If it is the one that you want, ${command("rebase broadcast", { mesh })} syncs the satellites.`;
  return [
    `mesh ${mesh}: ${verdict(simulation)}. Nothing was sent.`,
    ...verdicts.flatMap(({ guard, passes, detail }) => (passes ? [] : `  ${guard}: ${detail}`)),
    ...(home.pending ? [waiting] : []),
    `${command("rebase simulate", { mesh })} shows its other effects.`,
  ].join("\n");
}

function verdict(simulation: Simulation): string {
  const { request, epoch, verdicts, refusal } = simulation;
  const growth = formatGrowth(request.growthFactor);
  if (wouldGoThrough(simulation)) return `${growth} would go through as epoch ${epoch}`;
  const refusing = verdicts.flatMap(({ guard, passes }) => (passes ? [] : guard)).join(", ");
  return `${growth} would be refused${refusing && ` by ${refusing}`}${refusal === undefined ? "" : `: ${refusal}`}`;
}

function feeRows(lanes: Simulation["lanes"], home: string): string[][] {
  const fee = (amount: bigint, token: "native" | "link") =>
    amount === 0n ? "none" : formatFee(amount, token, home);
  const total = (token: "native" | "link") => formatFee(sumOfFees(lanes, token), token, home);
  return [
    ...lanes.map(({ chain, native, link }) => [chain, fee(native, "native"), fee(link, "link")]),
    ["together", total("native"), total("link")],
  ];
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
