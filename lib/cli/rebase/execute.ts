import { formatEther } from "ethers";

import { CodedError } from "../../core/errors";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { timeText } from "../../core/time";
import type { Mesh } from "../../core/mesh/mesh";
import type { RetryPolicy } from "../../core/endpoint/client";
import { NonceManager } from "../../tx/nonces";
import { findScheduled } from "../../rebase/controller";
import type { ScheduledRebase } from "../../rebase/controller";
import { syncSatellites } from "../../rebase/courier";
import type { RunnerResult } from "../../rebase/courier";
import { formatGrowth } from "../../core/growth";
import type { RebaseRequest } from "../../rebase/guards";
import { intentOf } from "../../rebase/intent";
import { pollOptionsOf } from "../../rebase/pace";
import type { PollOptions } from "../../rebase/pace";
import { formatFee, payerOf, paymentName } from "../../core/payment";
import { throughFaults } from "../../rebase/retries";
import { operatorOf, scheduleRebase, settleHome } from "../../rebase/schedule";
import { simulateRebase, wouldGoThrough } from "../../rebase/simulate";
import { readStatus } from "../../rebase/status";
import type { RebaseStatus } from "../../rebase/status";

import { runnerOptions, notSynced, question } from "./broadcast";
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
export interface ExecuteResult extends RunnerResult {
  readonly rebase: ScheduledRebase;
  /** Whether this run scheduled it; an earlier one did otherwise. */
  readonly scheduledNow: boolean;
}

/** The guards, or the chain itself, would refuse it. */
export class RebaseRefusedError extends CodedError {
  override readonly name = "RebaseRefusedError";
  readonly code = "REBASE_REFUSED";
}

/**
 * Rebases and broadcasts in one go, and follows until the satellites have it. Run again after it was killed
 * it goes on where it was: a rebase that exists already is only broadcast, to whoever is behind.
 * @throws RebaseRefusedError, NoKeyError, TransactionError.
 */
export async function executeRebase(
  context: OperatorContext,
  options: ExecuteTaskOptions,
  output: Output = consoleOutput,
): Promise<ExecuteResult> {
  const { mesh } = context;
  const { name, live } = mesh.config;
  const { growthFactor, delay, payment, json } = options;
  const request = { growthFactor, delay };
  const pollOptions = options.pollOptions ?? pollOptionsOf(live);
  const deploymentStore = new NonceManager();
  await settleHome(context, operatorOf(context), payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const intent = await intentOf(mesh, status, request, options);
  let rebase: ScheduledRebase;
  if (intent.kind === "scheduled") {
    ({ rebase } = intent);
    output.log(existsText(rebase, options.epoch === undefined));
    const targets = notSynced(mesh, status);
    if (targets.length > 0)
      await options.confirm(await question(context, status, targets, payment));
  } else {
    const simulation = await simulateRebase(mesh, request, context.store);
    if (!wouldGoThrough(simulation)) {
      throw new RebaseRefusedError(refusalText(name, simulation));
    }
    output.log(simulationText(name, simulation));
    // A rebase that nobody here can tell is not made.
    await context.signerFor(mesh.home, payerOf(mesh, payment));
    const fees = simulation.lanes.reduce((sum, lane) => sum + lane[payment.token], 0n);
    const before = await beforeText(mesh, status);
    if (before !== undefined) output.log(before);
    await options.confirm(
      `Rebase mesh ${name} by ${formatGrowth(growthFactor)} as epoch ${intent.epoch}, and broadcast it to ${mesh.satellites.length} satellites for about ${formatFee(fees, payment.token, mesh.home.name)}?`,
    );
    output.log(
      `\nTo go on after an interruption: npx hardhat rebase execute --mesh ${name} ${requestText(options)} --epoch ${intent.epoch} --fee-token ${paymentName(payment)}${ceilingText(options)}`,
    );
    rebase = await scheduleOnce(context, status, request, { deploymentStore, pollOptions, output });
  }
  const runner = await syncSatellites(context, {
    ...runnerOptions(
      context,
      { ...options, pollOptions, targets: mesh.satellites, force: false },
      output,
    ),
    deploymentStore,
    notBefore: Math.max(status.home.blockNumber, rebase.blockNumber),
  });
  const result = { ...runner, rebase, scheduledNow: intent.kind === "schedule" };
  output.stdout(
    json
      ? toJson({ ...resultDocument(name, result), rebase, scheduledNow: result.scheduledNow })
      : `${rebaseText(rebase)}\n${resultText(mesh, result, payment)}`,
  );
  return result;
}

/** Sends the rebase; when nobody knows what became of it, looks whether it is there before it is sent again. */
function scheduleOnce(
  context: OperatorContext,
  status: RebaseStatus,
  request: RebaseRequest,
  {
    deploymentStore,
    pollOptions,
    output,
  }: {
    readonly deploymentStore: NonceManager;
    readonly pollOptions: PollOptions;
    readonly output: Output;
  },
): Promise<ScheduledRebase> {
  const epoch = status.home.epoch + 1n;
  let known: RebaseStatus | undefined = status;
  const again = (reason: string) => output.log(`again    ${reason}`);
  return throughFaults(pollOptions, again, async () => {
    let now = known;
    known = undefined;
    if (!now) {
      await settleHome(context, operatorOf(context));
      now = await readStatus(context.mesh);
      const intent = await intentOf(context.mesh, now, request, { epoch });
      if (intent.kind === "scheduled") return intent.rebase;
    }
    const rebase = await scheduleRebase(context, now, request, {
      deploymentStore,
      onSent: (hash) => output.log(`sent     rebase to epoch ${epoch}, ${hash}`),
    });
    output.log(`mined    ${rebaseText(rebase)}`);
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
