import { OperatorError } from "../../core/errors";
import { formatEther } from "ethers";

import { CodedError } from "../../core/errors";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { timeText } from "../../core/time";
import type { Mesh } from "../../core/mesh/mesh";
import { NonceManager } from "../../tx/nonces";
import { findScheduled } from "../../rebase/controller";
import type { ScheduledRebase } from "../../rebase/controller";
import { syncSatellites } from "../../rebase/runner";
import type { RunnerResult } from "../../rebase/runner";
import { formatGrowth } from "../../core/growth";
import type { RebaseRequest } from "../../rebase/guards";
import { requestedEpoch } from "../../rebase/intent";
import { pollOptionsOf } from "../../rebase/pollOptions";
import type { PollOptions } from "../../rebase/pollOptions";
import { formatFee, payerOf, paymentName } from "../../core/payment";
import { throughFaults } from "../../rebase/retryPolicy";
import { operatorOf, scheduleRebase, settleHome } from "../../rebase/schedule";
import { simulateRebase, wouldGoThrough } from "../../rebase/simulate";
import { readStatus } from "../../rebase/status";
import type { RebaseStatus } from "../../rebase/status";

import { runnerOptions, notSynced, question } from "./broadcast";
import type { SendingOptions } from "./broadcast";
import { refusalText, simulationText } from "./simulate";
import { resultDocument, resultText } from "./text";

export interface ExecuteTaskOptions extends SendingOptions, RebaseRequest {
  /** The epoch that the rebase creates, at most once. The next one unless given. */
  readonly epoch?: bigint;
}

/** A rebase at home; only the token's state when its log cannot be found. */
type KnownRebase = Partial<ScheduledRebase> &
  Pick<ScheduledRebase, "epoch" | "growthFactor" | "sharesPerToken" | "effectiveAt">;

export interface ExecuteResult extends RunnerResult {
  readonly rebase: KnownRebase;
  /** True if this run scheduled it, rather than an earlier one. */
  readonly scheduledNow: boolean;
}

/** Thrown when the contracts' guards or the simulation reject a rebase. */
export class RebaseRefusedError extends CodedError {
  override readonly name = "RebaseRefusedError";
  readonly code = "REBASE_REFUSED";
}

/**
 * Schedules a rebase, broadcasts it, and tracks the messages until the satellites are synced. Run again with the
 * same epoch it resumes: an existing rebase is only broadcast, to the stale satellites.
 * @throws RebaseRefusedError, NoKeyError, TransactionError.
 */
export async function executeRebase(
  context: OperatorContext,
  options: ExecuteTaskOptions,
  output: Output = consoleOutput,
): Promise<ExecuteResult> {
  const { mesh } = context;
  const { name, live } = mesh.config;
  const { payment, json } = options;
  const pollOptions = options.pollOptions ?? pollOptionsOf(live);
  const nonces = new NonceManager();
  await settleHome(context, operatorOf(context), payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const { epoch, exists } = requestedEpoch(status.home, options, options.epoch);
  let scheduled: { readonly rebase: KnownRebase; readonly scheduledNow: boolean };
  if (exists) {
    scheduled = await existing(context, status, options);
    output.log(
      `epoch ${epoch} exists already with this index: broadcasting only to those that are stale.`,
    );
    const targets = notSynced(mesh, status);
    if (targets.length > 0) {
      await options.confirm(await question(context, status, targets, payment));
    }
  } else {
    await askFirst(context, status, options, output);
    scheduled = await scheduleOnce(context, epoch, options, {
      status,
      nonces,
      pollOptions,
      output,
    });
  }
  const { rebase, scheduledNow } = scheduled;
  const runner = await syncSatellites(context, {
    ...runnerOptions(
      context,
      { ...options, pollOptions, targets: mesh.satellites, force: false },
      output,
    ),
    nonces,
    notBefore: Math.max(status.home.blockNumber, rebase.blockNumber ?? 0),
  });
  const result = { ...runner, rebase, scheduledNow };
  output.stdout(
    json
      ? toJson({ ...resultDocument(name, result), rebase, scheduledNow })
      : `${rebaseText(rebase)}\n${resultText(mesh, result, payment)}`,
  );
  return result;
}

/** Simulates the rebase, shows its effect and the previous state, and asks for confirmation. */
async function askFirst(
  context: OperatorContext,
  status: RebaseStatus,
  options: ExecuteTaskOptions,
  { log }: Output,
): Promise<void> {
  const { mesh } = context;
  const { name } = mesh.config;
  const { growthFactor, delay, payment } = options;
  const simulation = await simulateRebase(
    mesh,
    { growthFactor, ...(delay !== undefined && { delay }) },
    context.store,
  );
  if (!wouldGoThrough(simulation)) throw new RebaseRefusedError(refusalText(name, simulation));
  log(simulationText(name, simulation));
  // Do not schedule a rebase that cannot be broadcast from here.
  await context.signerFor(mesh.home, payerOf(mesh, payment));
  const { epoch } = simulation;
  const fees = simulation.lanes.reduce((sum, lane) => sum + lane[payment.token], 0n);
  const before = await beforeText(mesh, status);
  if (before !== undefined) log(before);
  await options.confirm(
    `Rebase mesh ${name} by ${formatGrowth(growthFactor)} as epoch ${epoch}, and broadcast it to ${mesh.satellites.length} satellites for about ${formatFee(fees, payment.token, mesh.home.name)}?`,
  );
  log(
    `\nTo go on after an interruption: npx hardhat rebase execute --mesh ${name} ${requestText(options)} --epoch ${epoch} --fee-token ${paymentName(payment)}${ceilingText(options)}`,
  );
}

/** Schedules the rebase; after an unknown outcome, checks whether it exists before sending it again. */
function scheduleOnce(
  context: OperatorContext,
  epoch: bigint,
  request: RebaseRequest,
  {
    status,
    nonces,
    pollOptions,
    output: { log },
  }: {
    readonly status: RebaseStatus;
    readonly nonces: NonceManager;
    readonly pollOptions: PollOptions;
    readonly output: Output;
  },
): Promise<{ rebase: KnownRebase; scheduledNow: boolean }> {
  return throughFaults(
    pollOptions,
    (reason) => log(`repoll   ${reason}`),
    async () => {
      await settleHome(context, operatorOf(context));
      const now = await readStatus(context.mesh, status.home.blockNumber);
      if (requestedEpoch(now.home, request, epoch).exists) {
        return { ...(await existing(context, now, request)), scheduledNow: true };
      }
      const rebase = await scheduleRebase(context, epoch, request, {
        nonces,
        onSent: (hash) => log(`sent     rebase to epoch ${epoch}, ${hash}`),
      });
      log(`mined    ${rebaseText(rebase)}`);
      return { rebase, scheduledNow: true };
    },
  );
}

/**
 * Returns the newest epoch, which is the requested rebase.
 * @throws when its log shows a different delay.
 */
async function existing(
  { mesh }: OperatorContext,
  { home: { epoch, next, effectiveAt, blockNumber } }: RebaseStatus,
  { growthFactor, delay }: RebaseRequest,
): Promise<{ rebase: KnownRebase; scheduledNow: boolean }> {
  const found = await findScheduled(mesh.home, epoch, blockNumber);
  if (found && delay !== undefined && found.effectiveAt - found.scheduledAt !== delay) {
    throw new OperatorError(
      "REBASE_REFUSED",
      `Epoch ${epoch} exists already after another delay, ${found.effectiveAt - found.scheduledAt} s, in ${found.transactionHash}. Name ${epoch + 1n} to rebase again.`,
    );
  }
  const rebase = found ?? { epoch, growthFactor, sharesPerToken: next, effectiveAt };
  return { rebase, scheduledNow: false };
}

function rebaseText({ epoch, growthFactor, effectiveAt, transactionHash }: KnownRebase): string {
  const where = transactionHash === undefined ? "" : `, ${transactionHash}`;
  return `epoch ${epoch} (${formatGrowth(growthFactor)}) counts from ${timeText(effectiveAt)}${where}`;
}

/** Describes the newest epoch: its state from the token, its transaction from a log. */
async function beforeText({ home }: Mesh, { home: at }: RebaseStatus): Promise<string | undefined> {
  if (at.epoch <= 1n) return undefined;
  const rebase = await findScheduled(home, at.epoch, at.blockNumber);
  return rebase
    ? `before   ${rebaseText(rebase)}`
    : `before   epoch ${at.epoch} counts from ${timeText(at.effectiveAt)}, at ${at.next} shares per token unit`;
}

function ceilingText({ ceiling }: ExecuteTaskOptions): string {
  return ceiling === undefined ? "" : ` --fee-ceiling ${formatEther(ceiling)}`;
}

function requestText({ growthFactor, delay }: RebaseRequest): string {
  const percent = formatGrowth(growthFactor).replace(/^\+|\s%$/g, "");
  return `--percent ${percent}${delay === undefined ? "" : ` --delay ${delay}`}`;
}
