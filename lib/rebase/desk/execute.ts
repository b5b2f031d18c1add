import { formatEther } from "ethers";

import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { timeText } from "../../cli/time";
import type { Mesh } from "../../mesh/mesh";
import type { RetryPolicy } from "../../core/rpcClient";
import { NonceBook } from "../../tx/nonces";
import { findScheduled } from "../controller";
import type { ScheduledRebase } from "../controller";
import { bringIntoStep } from "../courier";
import type { CourierResult } from "../courier";
import { formatGrowth } from "../growth";
import type { RebaseRequest } from "../guards";
import { intentOf } from "../intent";
import { paceOf } from "../pace";
import type { Pace } from "../pace";
import { formatFee, payerOf, paymentName } from "../payment";
import { throughFaults } from "../retries";
import { operatorOf, scheduleRebase, settleHome } from "../schedule";
import { simulateRebase, wouldGoThrough } from "../simulate";
import { readStatus } from "../status";
import type { RebaseStatus } from "../status";

import { courierOptions, notInStep, question } from "./broadcast";
import type { SendingOptions } from "./broadcast";
import { refusalText, simulationText } from "./simulate";
import { resultDocument, resultText } from "./text";

/** What is to be executed. */
export interface ExecuteTaskOptions extends SendingOptions, RebaseRequest {
  /** The epoch that the rebase shall be: it exists at most once. The next one unless named. */
  readonly epoch?: bigint;
  /** How long an endpoint that leaves logs out is waited for. */
  readonly lag?: RetryPolicy;
}

/** What came of it. */
export interface ExecuteResult extends CourierResult {
  readonly rebase: ScheduledRebase;
  /** Whether this run scheduled it; an earlier one did otherwise. */
  readonly scheduledNow: boolean;
}

/** The guards, or the chain itself, would refuse it. */
export class RebaseRefusedError extends Error {
  override readonly name = "RebaseRefusedError";
}

/**
 * Rebases and broadcasts in one go, and follows until the satellites have it. Run again after it was killed
 * it goes on where it was: a rebase that exists already is only broadcast, to whoever is behind.
 * @throws RebaseRefusedError, NoKeyError, TransactionError.
 */
export async function executeRebase(
  desk: Desk,
  options: ExecuteTaskOptions,
  voice: Voice = TERMINAL,
): Promise<ExecuteResult> {
  const { mesh } = desk;
  const { name, live } = mesh.config;
  const { growthFactor, delay, payment, json } = options;
  const request = { growthFactor, delay };
  const pace = options.pace ?? paceOf(live);
  const book = new NonceBook();
  await settleHome(desk, operatorOf(desk), payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const intent = await intentOf(mesh, status, request, options);
  let rebase: ScheduledRebase;
  if (intent.kind === "scheduled") {
    ({ rebase } = intent);
    voice.say(existsText(rebase, options.epoch === undefined));
    const targets = notInStep(mesh, status);
    if (targets.length > 0) await options.confirm(await question(desk, status, targets, payment));
  } else {
    const simulation = await simulateRebase(mesh, request, desk.store);
    if (!wouldGoThrough(simulation)) {
      throw new RebaseRefusedError(refusalText(name, simulation));
    }
    voice.say(simulationText(name, simulation));
    // A rebase that nobody here can tell is not made.
    await desk.signerFor(mesh.home, payerOf(mesh, payment));
    const fees = simulation.lanes.reduce((sum, lane) => sum + lane[payment.token], 0n);
    const before = await beforeText(mesh, status);
    if (before !== undefined) voice.say(before);
    await options.confirm(
      `Rebase mesh ${name} by ${formatGrowth(growthFactor)} as epoch ${intent.epoch}, and broadcast it to ${mesh.satellites.length} satellites for about ${formatFee(fees, payment.token, mesh.home.name)}?`,
    );
    voice.say(
      `\nTo go on after an interruption: npx hardhat rebase execute --mesh ${name} ${requestText(options)} --epoch ${intent.epoch} --fee-token ${paymentName(payment)}${ceilingText(options)}`,
    );
    rebase = await scheduleOnce(desk, status, request, { book, pace, voice });
  }
  const courier = await bringIntoStep(desk, {
    ...courierOptions(desk, { ...options, pace, targets: mesh.satellites, force: false }, voice),
    book,
    notBefore: Math.max(status.home.blockNumber, rebase.blockNumber),
  });
  const result = { ...courier, rebase, scheduledNow: intent.kind === "schedule" };
  voice.print(
    json
      ? toJson({ ...resultDocument(name, result), rebase, scheduledNow: result.scheduledNow })
      : `${rebaseText(rebase)}\n${resultText(mesh, result, payment)}`,
  );
  return result;
}

/** Sends the rebase; when nobody knows what became of it, looks whether it is there before it is sent again. */
function scheduleOnce(
  desk: Desk,
  status: RebaseStatus,
  request: RebaseRequest,
  { book, pace, voice }: { readonly book: NonceBook; readonly pace: Pace; readonly voice: Voice },
): Promise<ScheduledRebase> {
  const epoch = status.home.epoch + 1n;
  let known: RebaseStatus | undefined = status;
  const again = (reason: string) => voice.say(`again    ${reason}`);
  return throughFaults(pace, again, async () => {
    let now = known;
    known = undefined;
    if (!now) {
      await settleHome(desk, operatorOf(desk));
      now = await readStatus(desk.mesh);
      const intent = await intentOf(desk.mesh, now, request, { epoch });
      if (intent.kind === "scheduled") return intent.rebase;
    }
    const rebase = await scheduleRebase(desk, now, request, {
      book,
      onSent: (hash) => voice.say(`sent     rebase to epoch ${epoch}, ${hash}`),
    });
    voice.say(`mined    ${rebaseText(rebase)}`);
    return rebase;
  });
}

function rebaseText({
  epoch,
  growthFactor,
  effectiveAt,
  transactionHash,
}: ScheduledRebase): string {
  return `epoch ${epoch} (${formatGrowth(growthFactor)}) counts from ${timeText(effectiveAt)}, ${transactionHash}`;
}

/** What the newest epoch is: the token says so itself, and a log in which transaction it was scheduled. */
async function beforeText({ home }: Mesh, { home: at }: RebaseStatus): Promise<string | undefined> {
  if (at.epoch <= 1n) return undefined;
  const rebase = await findScheduled(home, at.epoch, at.blockNumber);
  return rebase
    ? `before   ${rebaseText(rebase)}`
    : `before   epoch ${at.epoch} counts from ${timeText(at.effectiveAt)}, at ${at.next} shares per token unit`;
}

function existsText(rebase: ScheduledRebase, guessed: boolean): string {
  const again = guessed ? ` To rebase once more, name --epoch ${rebase.epoch + 1n}.` : "";
  return `epoch ${rebase.epoch} exists already with this index: broadcasting only what is behind.${again}`;
}

function ceilingText({ ceiling }: ExecuteTaskOptions): string {
  return ceiling === undefined ? "" : ` --fee-ceiling ${formatEther(ceiling)}`;
}

function requestText({ growthFactor, delay }: RebaseRequest): string {
  const percent = formatGrowth(growthFactor).replace(/^\+|\s%$/g, "");
  return `--percent ${percent}${delay === undefined ? "" : ` --delay ${delay}`}`;
}
