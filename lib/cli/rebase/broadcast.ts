import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { namesInstead } from "../../core/names";
import type { OperatorContext } from "../../mesh/operator";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { syncSatellites } from "../../rebase/runner";
import type { RunnerOptions, RunnerResult } from "../../rebase/runner";
import { readLaneFees } from "../../rebase/fees";
import { pollOptionsOf } from "../../rebase/pollOptions";
import type { PollOptions } from "../../rebase/pollOptions";
import { formatFee, payerOf } from "../../core/payment";
import type { Payment } from "../../core/payment";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS } from "../../rebase/retryPolicy";
import { settleHome } from "../../rebase/schedule";
import { readStatus } from "../../rebase/status";
import type { RebaseStatus } from "../../rebase/status";

import { eventText, resultDocument, resultText, verdictText } from "./text";

/** Options for sending broadcasts from a task. */
export interface SendingOptions {
  readonly json: boolean;
  readonly payment: Payment;
  /** Maximum total of the fees of this run, in wei of the fee token. */
  readonly ceiling?: bigint | undefined;
  /** True if messages are tracked until they are executed. */
  readonly follow: boolean;
  /** Called before the first transaction. @throws when the answer is no, or there is no terminal. */
  readonly confirm: (question: string) => Promise<void>;
  /** Poll and retry intervals; the mesh's defaults unless given. */
  readonly pollOptions?: PollOptions;
}

export interface BroadcastTaskOptions extends SendingOptions {
  /** Network names of the satellites; all stale ones unless given. */
  readonly to?: readonly string[];
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
  const { json, payment } = options;
  await settleHome(context, payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const force = all || to !== undefined;
  const targets = all ? mesh.satellites : to ? named(mesh, to) : notSynced(mesh, status);
  if (targets.length === 0) {
    const nothing: RunnerResult = { status, lanes: [], spent: 0n, synced: true };
    const { name } = mesh.config;
    output.stdout(
      json ? toJson(resultDocument(name, nothing)) : `${verdictText(name, status)}: nothing to do.`,
    );
    return nothing;
  }
  await options.confirm(await question(context, status, targets, payment));
  const result = await syncSatellites(context, {
    ...runnerOptions(context, { ...options, targets, force }, output),
    notBefore: status.home.blockNumber,
  });
  const { name } = mesh.config;
  output.stdout(json ? toJson(resultDocument(name, result)) : resultText(mesh, result, payment));
  return result;
}

/** Returns the options of the broadcast runner for a task. */
export function runnerOptions(
  { mesh }: OperatorContext,
  options: SendingOptions & {
    readonly targets: readonly SatelliteChain[];
    readonly force: boolean;
  },
  { log }: Output,
): RunnerOptions {
  const { targets, force, payment, ceiling, follow, pollOptions } = options;
  return {
    to: targets,
    force,
    payment,
    ...(ceiling !== undefined && { ceiling }),
    attempts: ATTEMPTS,
    overdueAfterSeconds: OVERDUE_AFTER_SECONDS,
    follow,
    pollOptions: pollOptions ?? pollOptionsOf(mesh.config.live),
    onEvent: (event) => log(eventText(event, mesh.home.name)),
  };
}

/** Returns the satellites that are not synced with home. */
export function notSynced({ satellites }: Mesh, status: RebaseStatus): SatelliteChain[] {
  const off = status.satellites.filter(({ syncStatus }) => syncStatus !== "synced");
  return satellites.filter(({ name }) => off.some(({ chain }) => chain === name));
}

/** Asks for confirmation, with the lanes and the cost. */
export async function question(
  { mesh }: OperatorContext,
  { home }: RebaseStatus,
  targets: readonly SatelliteChain[],
  payment: Payment,
): Promise<string> {
  const fees = await readLaneFees(mesh, targets);
  const total = fees.reduce((sum, fee) => sum + fee[payment.token], 0n);
  const from = payment.from === "treasury" ? " of the treasury" : "";
  const names = targets.map(({ name }) => name).join(", ");
  return `Broadcast epoch ${home.epoch} to ${names} for about ${formatFee(total, payment.token, mesh.home.name)}${from}?`;
}

function named({ satellites, config }: Mesh, names: readonly string[]): SatelliteChain[] {
  requireSatellites(config, names);
  return satellites.filter(({ name }) => names.includes(name));
}

/**
 * Checks the satellites to broadcast to before any chain is read.
 * @throws naming the network that is not a satellite.
 */
export function requireSatellites(
  { name: mesh, home, satellites }: MeshConfig,
  names: readonly string[],
): void {
  const thirdParty = names.find((name) => !satellites.includes(name));
  if (thirdParty === undefined) return;
  if (thirdParty === home) {
    throw new OperatorError(
      "INVALID_OPTION",
      `--to ${home} is the home of mesh ${mesh}, from which broadcasts go to its satellites: name some of ${satellites.join(", ")}.`,
    );
  }
  throw new OperatorError(
    "INVALID_OPTION",
    `--to "${thirdParty}" is no satellite of mesh ${mesh}: ${namesInstead(thirdParty, satellites)}`,
  );
}
