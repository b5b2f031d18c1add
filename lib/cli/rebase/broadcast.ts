import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { namesInstead } from "../../core/names";
import { formatFee, payerOf } from "../../core/payment";
import type { Payment } from "../../core/payment";
import type { OperatorContext } from "../../mesh/operator";
import { settleHome } from "../../rebase/controller";
import { readLaneFees, sumOfFees } from "../../rebase/fees";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS, pollOptionsOf } from "../../rebase/retryPolicy";
import type { PollOptions } from "../../rebase/retryPolicy";
import { syncSatellites } from "../../rebase/runner";
import type { RunnerOptions, RunnerResult } from "../../rebase/runner";
import { notSynced, readStatus } from "../../rebase/status";
import type { RebaseStatus } from "../../rebase/status";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

import { eventText, resultDocument, resultText, verdictText } from "./text";

/** Payment, confirmation and tracking of the broadcasts of a task. */
export interface BroadcastOptions
  extends Pick<RunnerOptions, "payment" | "ceiling" | "follow">, SendingTaskOptions {
  /** Poll and retry intervals; the mesh's defaults unless given. */
  readonly pollOptions?: PollOptions;
}

export interface BroadcastTaskOptions extends BroadcastOptions {
  /** Network names of the satellites; all stale ones unless given. */
  readonly to?: readonly string[] | undefined;
  /** Send to every satellite, including synced ones. */
  readonly all: boolean;
}

/** Broadcasts to all stale satellites, or to the given ones, and tracks the messages until they are synced. */
export async function broadcastNewest(
  context: OperatorContext,
  { to, all, ...options }: BroadcastTaskOptions,
  output: Output = consoleOutput,
): Promise<RunnerResult> {
  const { mesh } = context;
  const { name } = mesh.config;
  const { json, payment } = options;
  requireSatellites(mesh.config, to ?? []);
  await settleHome(context, payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const force = all || to !== undefined;
  const targets = force
    ? mesh.satellites.filter((satellite) => all || to?.includes(satellite.name))
    : notSynced(mesh, status);
  if (targets.length === 0) {
    const nothing: RunnerResult = { status, lanes: [], spent: 0n, synced: true };
    output.stdout(
      json ? toJson(resultDocument(name, nothing)) : `${verdictText(name, status)}: nothing to do.`,
    );
    return nothing;
  }
  await options.confirm(await question(mesh, status, targets, payment));
  const result = await syncSatellites(context, {
    ...runnerOptions(mesh, options, output),
    to: targets,
    force,
    notBefore: status.home.blockNumber,
  });
  output.stdout(json ? toJson(resultDocument(name, result)) : resultText(mesh, result, payment));
  return result;
}

/** Returns the options of the broadcast runner for a task. */
export function runnerOptions(
  { config, home }: Mesh,
  { payment, ceiling, follow, pollOptions = pollOptionsOf(config.live) }: BroadcastOptions,
  { log }: Output,
): RunnerOptions {
  return {
    payment,
    ceiling,
    attempts: ATTEMPTS,
    overdueAfterSeconds: OVERDUE_AFTER_SECONDS,
    follow,
    pollOptions,
    onEvent: (event) => log(eventText(event, home.name)),
  };
}

/** Asks for confirmation, with the lanes and the cost. */
export async function question(
  mesh: Mesh,
  { home }: RebaseStatus,
  targets: readonly SatelliteChain[],
  { token, from }: Payment,
): Promise<string> {
  const total = sumOfFees(await readLaneFees(mesh, targets), token);
  const names = targets.map(({ name }) => name).join(", ");
  return `Broadcast epoch ${home.epoch} to ${names} for about ${formatFee(total, token, mesh.home.name)}${from === "treasury" ? " of the treasury" : ""}?`;
}

/**
 * Checks the satellites to broadcast to before any chain is read.
 * @throws naming the network that is not a satellite.
 */
export function requireSatellites(
  { name: mesh, home, satellites }: MeshConfig,
  names: readonly string[],
): void {
  const other = names.find((name) => !satellites.includes(name));
  if (other === undefined) return;
  throw new OperatorError(
    "INVALID_OPTION",
    other === home
      ? `--to ${home} is the home of mesh ${mesh}, from which broadcasts go to its satellites: name some of ${satellites.join(", ")}.`
      : `--to "${other}" is not a satellite of mesh ${mesh}: ${namesInstead(other, satellites)}`,
  );
}
