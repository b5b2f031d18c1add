import type { Mesh } from "../../mesh/mesh";
import { explain } from "../../message/departure";
import { command } from "../../message/remedy";
import type { CourierEvent, CourierResult, LaneResult } from "../courier";
import { laneText, needsSending } from "../lane";
import { formatFee } from "../payment";
import type { Payment } from "../payment";
import type { RebaseStatus } from "../status";

/** Whether all satellites tell what home tells, in words. */
export function verdictText(mesh: string, { home, satellites }: RebaseStatus): string {
  const off = satellites.filter(({ standing }) => standing !== "in step");
  if (off.length === 0) {
    const all =
      satellites.length === 1 ? "its satellite is" : `all ${satellites.length} satellites are`;
    return `mesh ${mesh}: ${all} in step with home at epoch ${home.epoch}`;
  }
  const names = off.map(({ chain }) => chain).join(", ");
  const apart = off.some(({ standing }) => standing === "apart");
  return `mesh ${mesh}: ${off.length} of ${satellites.length} satellites ${off.length === 1 ? "is" : "are"} ${apart ? "not in step with" : "behind"} home at epoch ${home.epoch}: ${names}`;
}

/** What happens while satellites of a home are brought into step, a line each. */
export function eventText(event: CourierEvent, home: string): string {
  switch (event.event) {
    case "broadcast-sent":
      return `sent     epoch ${event.epoch} to ${event.chain} in message ${event.messageId}, fee ${formatFee(event.fee, event.feeToken, home)}, ${event.hash}`;
    case "broadcast-failed":
      return `failed   ${event.chain} did not take epoch ${event.epoch}: ${event.reason}`;
    case "lane-down":
      return `down     ${event.chain} takes nothing: ${event.reason}`;
    case "kept-back":
      return `kept     nothing was sent to ${event.chain}: ${event.reason}`;
    case "applied":
      return `applied  ${event.chain} has epoch ${event.epoch}`;
    case "lane":
      return `lane     ${event.chain}: ${event.text}`;
    case "retry":
      return `retry    ${event.chain} in ${event.inSeconds} s`;
    case "look-again":
      return `again    ${event.reason}`;
  }
}

/** How it ended, and what to do about those that are behind. */
export function resultText(mesh: Mesh, result: CourierResult, payment: Payment): string {
  const { status, lanes, spent } = result;
  const { name } = mesh.config;
  const off = lanes.filter(({ state, unsent }) => unsent || state.kind !== "in step");
  const unsent = lanes.filter((lane) => lane.unsent).map(({ chain }) => chain);
  const verdict =
    unsent.length === 0
      ? verdictText(name, status)
      : `mesh ${name}: epoch ${status.home.epoch} was not sent to ${unsent.join(", ")}, as was asked`;
  return [
    `${verdict}; fees of this run ${formatFee(spent, payment.token, mesh.home.name)}`,
    ...off.flatMap((lane) => [
      `  ${lane.chain}: ${laneEndText(lane)}`,
      ...remedies(mesh, lane, status).map((remedy) => `    ${remedy}`),
    ]),
    ...(isDone(result)
      ? []
      : [
          unsent.length === 0
            ? `Then ${command("rebase broadcast", { mesh: name })}: it sends only what is missing.`
            : `Then ${command("rebase broadcast", { to: unsent.join(","), mesh: name })}.`,
        ]),
  ].join("\n");
}

/** Whether every satellite has the newest epoch, and everything that was asked for was sent. */
export function isDone({ inStep, lanes }: Pick<CourierResult, "inStep" | "lanes">): boolean {
  return inStep && lanes.every(({ unsent }) => !unsent);
}

/** What keeps something from being sent says more than that it is not sent. */
function laneEndText({ state, trouble, keptBack, unsent }: LaneResult): string {
  const isOwed = keptBack || unsent || needsSending(state);
  return isOwed && trouble !== undefined ? trouble : laneText(state);
}

/** What helps a satellite that is behind. */
function remedies(
  { home, config }: Mesh,
  { chain, state, refusedWith }: LaneResult,
  status: RebaseStatus,
): string[] {
  if (state.kind === "failed" || state.kind === "without effect") {
    return [command(`message doctor ${state.messageId}`, { mesh: config.name })];
  }
  if (refusedWith === undefined) return [];
  const facts = {
    mesh: { name: config.name, live: config.live, symbol: config.token.symbol },
    chain: home.name,
    from: home.contracts.broadcaster,
    call: { contract: "broadcaster", function: "broadcast", destination: chain },
    value: 0n,
    at: status.home.timestamp,
  };
  return explain(facts, refusedWith).fixes.map(({ command: fix, note }) => fix ?? note);
}

/** How it ended, for machines. */
export function resultDocument(mesh: string, { status, lanes, spent, inStep }: CourierResult) {
  return {
    mesh,
    epoch: status.home.epoch,
    done: isDone({ inStep, lanes }),
    inStep,
    spent,
    satellites: lanes.map(({ chain, state, attempts, trouble, keptBack, unsent }) => ({
      chain,
      state: state.kind,
      ...("messageId" in state && { messageId: state.messageId }),
      attempts,
      keptBack,
      unsent,
      ...(trouble !== undefined && { trouble }),
    })),
  };
}
