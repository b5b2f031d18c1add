import { formatEther } from "ethers";

import { OperatorError } from "../../core/errors";
import { formatGrowth } from "../../core/growth";
import { toJson } from "../../core/json";
import type { Mesh } from "../../core/mesh/mesh";
import { formatFee, payerOf, paymentName } from "../../core/payment";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { findScheduled, operatorOf, scheduleRebase, settleHome } from "../../rebase/controller";
import type { ScheduledRebase } from "../../rebase/controller";
import { sumOfFees } from "../../rebase/fees";
import { alreadyExists } from "../../rebase/request";
import type { RebaseRequest } from "../../rebase/request";
import { retryTransient } from "../../rebase/retryPolicy";
import { syncSatellites } from "../../rebase/runner";
import type { RunnerOptions, RunnerResult } from "../../rebase/runner";
import { simulateRebase, wouldGoThrough } from "../../rebase/simulate";
import { notSynced, readStatus } from "../../rebase/status";
import type { ChainStatus } from "../../rebase/status";
import { NonceManager } from "../../tx/nonces";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

import { runnerOptions, question } from "./broadcast";
import type { BroadcastOptions } from "./broadcast";
import { refusalText, simulationText } from "./simulate";
import { resultDocument, resultText } from "./text";

export interface ExecuteTaskOptions extends BroadcastOptions, RebaseRequest {
  /** The epoch that the rebase creates, at most once. The next one unless given. */
  readonly epoch?: bigint | undefined;
}

/** A rebase at home; only the token's state when its log cannot be found. */
type KnownRebase = Partial<ScheduledRebase> &
  Pick<ScheduledRebase, "epoch" | "growthFactor" | "sharesPerToken" | "effectiveAt">;

export interface ExecuteResult extends RunnerResult {
  readonly rebase: KnownRebase;
  /** True if this run scheduled it, rather than an earlier one. */
  readonly scheduledNow: boolean;
}

/**
 * Schedules a rebase, broadcasts it, and tracks the messages until the satellites are synced. Run again with the
 * same epoch it resumes: an existing rebase is only broadcast, to the stale satellites.
 * @throws REBASE_REFUSED when the guards or the simulation reject it, NoKeyError, TransactionError.
 */
export async function executeRebase(
  context: OperatorContext,
  options: ExecuteTaskOptions,
  output: Output = consoleOutput,
): Promise<ExecuteResult> {
  const { mesh } = context;
  const { payment, json } = options;
  const { log, stdout } = output;
  await settleHome(context, operatorOf(mesh), payerOf(mesh, payment));
  const status = await readStatus(mesh);
  const { home } = status;
  const epoch = options.epoch ?? home.epoch + 1n;
  const scheduledNow = !alreadyExists(home, options, epoch);
  const running = {
    ...runnerOptions(mesh, options, output),
    nonces: new NonceManager(),
    notBefore: home.blockNumber,
  };
  let rebase: KnownRebase;
  if (scheduledNow) {
    await askFirst(context, home, options, log);
    rebase = await scheduleOnce(context, epoch, options, running, log);
  } else {
    rebase = await existing(mesh, home, options);
    log(
      `epoch ${epoch} exists already with this index: broadcasting only to those that are stale.`,
    );
    const targets = notSynced(mesh, status);
    if (targets.length > 0) await options.confirm(await question(mesh, status, targets, payment));
  }
  const notBefore = rebase.blockNumber ?? home.blockNumber;
  const synced = await syncSatellites(context, { ...running, notBefore });
  const result = { ...synced, rebase, scheduledNow };
  stdout(
    json
      ? toJson({ ...resultDocument(mesh.config.name, result), rebase, scheduledNow })
      : `${rebaseText(rebase)}\n${resultText(mesh, result, payment)}`,
  );
  return result;
}

/** Simulates the rebase, shows its effect and the previous state, and asks for confirmation. */
async function askFirst(
  context: OperatorContext,
  home: ChainStatus,
  { growthFactor, delay, payment, ceiling, confirm }: ExecuteTaskOptions,
  log: Output["log"],
): Promise<void> {
  const { mesh } = context;
  const { name } = mesh.config;
  const simulation = await simulateRebase(mesh, { growthFactor, delay }, context.store);
  if (!wouldGoThrough(simulation)) {
    throw new OperatorError("REBASE_REFUSED", refusalText(name, simulation));
  }
  log(simulationText(name, simulation));
  // Do not schedule a rebase that cannot be broadcast from here.
  await context.signerFor(mesh.home, payerOf(mesh, payment));
  const { epoch, lanes } = simulation;
  if (home.epoch > 1n) log(await beforeText(mesh, home));
  const fees = formatFee(sumOfFees(lanes, payment.token), payment.token, mesh.home.name);
  const growth = formatGrowth(growthFactor);
  await confirm(
    `Rebase mesh ${name} by ${growth} as epoch ${epoch}, and broadcast it to ${mesh.satellites.length} satellites for about ${fees}?`,
  );
  const flags = [
    `--percent ${growth.replace(/^\+|\s%$/g, "")}`,
    ...(delay === undefined ? [] : [`--delay ${delay}`]),
    `--epoch ${epoch} --fee-token ${paymentName(payment)}`,
    ...(ceiling === undefined ? [] : [`--fee-ceiling ${formatEther(ceiling)}`]),
  ];
  log(
    `\nTo go on after an interruption: npx hardhat rebase execute --mesh ${name} ${flags.join(" ")}`,
  );
}

/** Schedules the rebase; after an unknown outcome, checks whether it exists before sending it again. */
function scheduleOnce(
  context: OperatorContext,
  epoch: bigint,
  request: RebaseRequest,
  { pollOptions, nonces, notBefore }: RunnerOptions & { readonly nonces: NonceManager },
  log: Output["log"],
): Promise<KnownRebase> {
  const { mesh } = context;
  const onTransient = (reason: string) => log(`repoll   ${reason}`);
  return retryTransient(pollOptions, onTransient, async () => {
    await settleHome(context, operatorOf(mesh));
    const { home } = await readStatus(mesh, notBefore);
    if (alreadyExists(home, request, epoch)) return existing(mesh, home, request);
    const onSent = (hash: string) => log(`sent     rebase to epoch ${epoch}, ${hash}`);
    const rebase = await scheduleRebase(context, epoch, request, { nonces, onSent });
    log(`mined    ${rebaseText(rebase)}`);
    return rebase;
  });
}

/**
 * Returns the newest epoch, which is the requested rebase.
 * @throws when its log shows a different delay.
 */
async function existing(
  { home }: Mesh,
  { epoch, next, effectiveAt, blockNumber }: ChainStatus,
  { growthFactor, delay }: RebaseRequest,
): Promise<KnownRebase> {
  const found = await findScheduled(home, epoch, blockNumber);
  if (!found) return { epoch, growthFactor, sharesPerToken: next, effectiveAt };
  const delayed = found.effectiveAt - found.scheduledAt;
  if (delay === undefined || delay === delayed) return found;
  throw new OperatorError(
    "REBASE_REFUSED",
    `Epoch ${epoch} exists already after another delay, ${delayed} s, in ${found.transactionHash}. Name ${epoch + 1n} to rebase again.`,
  );
}

function rebaseText({ epoch, growthFactor, effectiveAt, transactionHash }: KnownRebase): string {
  const where = transactionHash === undefined ? "" : `, ${transactionHash}`;
  return `epoch ${epoch} (${formatGrowth(growthFactor)}) effective at ${timeText(effectiveAt)}${where}`;
}

/** Describes the newest epoch: its state from the token, its transaction from a log. */
async function beforeText({ home }: Mesh, at: ChainStatus): Promise<string> {
  const rebase = await findScheduled(home, at.epoch, at.blockNumber);
  return rebase
    ? `before   ${rebaseText(rebase)}`
    : `before   epoch ${at.epoch} effective at ${timeText(at.effectiveAt)}, at ${at.next} shares per token unit`;
}
