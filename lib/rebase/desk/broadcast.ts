import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { namesInstead } from "../../core/names";
import type { Desk } from "../../mesh/desk/desk";
import type { Mesh, SatelliteChain } from "../../mesh/mesh";
import type { MeshConfig } from "../../mesh/schema";
import { bringIntoStep } from "../courier";
import type { CourierOptions, CourierResult } from "../courier";
import { readLaneFees } from "../fees";
import { paceOf } from "../pace";
import type { Pace } from "../pace";
import { formatFee, payerOf } from "../payment";
import type { Payment } from "../payment";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS } from "../retries";
import { settleHome } from "../schedule";
import { readStatus } from "../status";
import type { RebaseStatus } from "../status";

import { eventText, resultDocument, resultText, verdictText } from "./text";

/** How broadcasts are sent from a task. */
export interface SendingOptions {
  readonly json: boolean;
  readonly payment: Payment;
  /** The most that all fees of this run may come to, in wei of the fee token. */
  readonly ceiling?: bigint | undefined;
  /** Whether messages are followed until they are executed. */
  readonly follow: boolean;
  /** Asked before the first transaction. @throws when the answer is no, or nobody can answer. */
  readonly confirm: (question: string) => Promise<void>;
  /** How time passes; what suits the mesh unless named. */
  readonly pace?: Pace;
}

/** Whom a broadcast is for. */
export interface BroadcastTaskOptions extends SendingOptions {
  /** Network names; whoever is behind unless named. */
  readonly to?: readonly string[];
  /** Every satellite, in step or not. */
  readonly all: boolean;
}

/** Broadcasts to those that are behind, or to those named, and follows until they have it. */
export async function broadcastNewest(
  desk: Desk,
  { to, all, ...options }: BroadcastTaskOptions,
  voice: Voice = TERMINAL,
): Promise<CourierResult> {
  const { mesh } = desk;
  const { json, payment } = options;
  await settleHome(desk, payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const force = all || to !== undefined;
  const targets = all ? mesh.satellites : to ? named(mesh, to) : notInStep(mesh, status);
  if (targets.length === 0) {
    const nothing: CourierResult = { status, lanes: [], spent: 0n, inStep: true };
    const { name } = mesh.config;
    voice.print(
      json ? toJson(resultDocument(name, nothing)) : `${verdictText(name, status)}: nothing to do.`,
    );
    return nothing;
  }
  await options.confirm(await question(desk, status, targets, payment));
  const result = await bringIntoStep(desk, {
    ...courierOptions(desk, { ...options, targets, force }, voice),
    notBefore: status.home.blockNumber,
  });
  const { name } = mesh.config;
  voice.print(json ? toJson(resultDocument(name, result)) : resultText(mesh, result, payment));
  return result;
}

/** What a task asks of the courier. */
export function courierOptions(
  { mesh }: Desk,
  options: SendingOptions & {
    readonly targets: readonly SatelliteChain[];
    readonly force: boolean;
  },
  { say }: Voice,
): CourierOptions {
  const { targets, force, payment, ceiling, follow, pace } = options;
  return {
    to: targets,
    force,
    payment,
    ...(ceiling !== undefined && { ceiling }),
    attempts: ATTEMPTS,
    overdueAfterSeconds: OVERDUE_AFTER_SECONDS,
    follow,
    pace: pace ?? paceOf(mesh.config.live),
    onEvent: (event) => say(eventText(event, mesh.home.name)),
  };
}

/** The satellites that do not tell what home tells. */
export function notInStep({ satellites }: Mesh, status: RebaseStatus): SatelliteChain[] {
  const off = status.satellites.filter(({ standing }) => standing !== "in step");
  return satellites.filter(({ name }) => off.some(({ chain }) => chain === name));
}

/** What is to be sent and what it costs, as a question. */
export async function question(
  { mesh }: Desk,
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
 * Checks the network names that a broadcast is for, before any chain is asked.
 * @throws naming the one that is no satellite.
 */
export function requireSatellites(
  { name: mesh, home, satellites }: MeshConfig,
  names: readonly string[],
): void {
  const stranger = names.find((name) => !satellites.includes(name));
  if (stranger === undefined) return;
  if (stranger === home) {
    throw new Error(
      `--to ${home} is the home of mesh ${mesh}, from which broadcasts go to its satellites: name some of ${satellites.join(", ")}.`,
    );
  }
  throw new Error(
    `--to "${stranger}" is no satellite of mesh ${mesh}: ${namesInstead(stranger, satellites)}`,
  );
}
