import { toBeHex } from "ethers";
import { z } from "zod";
import { decodeEvent, topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import { listenerGasOn } from "../core/mesh/listeners";
import { holderOf } from "../core/mesh/mesh";
import type { HomeChain, Mesh } from "../core/mesh/mesh";
import type { OperatorContext } from "../mesh/operator";
import type { ControllerConfig } from "../mesh/components/controller";
import { timeOfBlock } from "../rpc/blocks";
import { readNewestLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";
import type { NonceManager } from "../tx/nonces";
import { settle, sendTransaction } from "../tx/send";

import type { RebaseRequest } from "./request";

/** The limits that the controller currently enforces. */
export interface ControllerState {
  readonly config: ControllerConfig;
  /**
   * The earliest time at which the operator's next rebase may take effect, unix seconds; 0 before the first. The
   * interval starts at the last rebase, or at a later cancellation.
   */
  readonly earliestEffectiveAt: bigint;
  /** Time at which the last rebase that was not cancelled takes effect, unix seconds; undefined before the first. */
  readonly lastEffectiveAt?: bigint;
}

const scheduledEvent = z.object({
  epoch: z.bigint(),
  /** In 1e27. */
  growthFactor: z.bigint(),
  /** The index from effectiveAt. */
  sharesPerToken: z.bigint(),
  /** Unix seconds. */
  effectiveAt: z.bigint(),
});

/** A rebase as emitted by home's controller. */
export interface ScheduledRebase extends z.output<typeof scheduledEvent> {
  /** Time of its block, unix seconds. */
  readonly scheduledAt: bigint;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

/** Topic of the controller's event. */
export const SCHEDULED = topicOf(abi.controller, "RebaseScheduled");

/** Reads the controller at one block. */
export async function readController(
  { contracts }: HomeChain,
  pinned: PinnedChain,
): Promise<ControllerState> {
  const controller = contractAt.controller(contracts.controller, pinned);
  const [config, earliestEffectiveAt, lastEffectiveAt] = await Promise.all([
    controller.getConfig(),
    controller.earliestEffectiveAt(),
    controller.lastEffectiveAt(),
  ]);
  return { config, earliestEffectiveAt, ...(lastEffectiveAt > 0n && { lastEffectiveAt }) };
}

/** Returns the scheduled rebase of an epoch; undefined when its log is not found, which proves nothing. */
export async function findScheduled(
  home: HomeChain,
  epoch: bigint,
  toBlock: number,
): Promise<ScheduledRebase | undefined> {
  const logs = await readNewestLogs(home.provider, {
    address: home.contracts.controller,
    topics: [SCHEDULED, toBeHex(epoch, 32)],
    fromBlock: home.deployedAt ?? 0,
    toBlock,
  });
  const log = logs.at(-1);
  return log && decodeScheduled(home, log);
}

/** Reads a `RebaseScheduled` log and the time of its block. */
export async function decodeScheduled(home: HomeChain, log: PlainLog): Promise<ScheduledRebase> {
  return {
    ...decodeEvent(abi.controller, "RebaseScheduled", log, scheduledEvent),
    scheduledAt: await timeOfBlock(home.provider, log.blockNumber),
    blockNumber: log.blockNumber,
    transactionHash: log.transactionHash,
  };
}

/** Returns the account that schedules rebases in this mesh. */
export function operatorOf(mesh: Mesh): string {
  return holderOf(mesh, "rebaseOperator", mesh.home.name);
}

/** Returns the call that schedules a rebase. */
export function rebaseCall(
  { home }: Mesh,
  { growthFactor, delay }: RebaseRequest,
  newEpoch: bigint,
) {
  return {
    to: home.contracts.controller,
    data:
      delay === undefined
        ? abi.controller.encodeFunctionData("rebase", [growthFactor, newEpoch])
        : abi.controller.encodeFunctionData("rebaseAfter", [growthFactor, delay, newEpoch]),
  };
}

/** Waits for pending transactions that a killed run may have left at home. Must be called before reading. */
export async function settleHome(
  context: OperatorContext,
  ...accounts: readonly string[]
): Promise<void> {
  const { home } = context.mesh;
  const { times } = context.sendOptions(home);
  for (const account of new Set(accounts)) await settle(home, home.provider, account, times);
}

/**
 * Schedules the rebase that creates an epoch, as the operator. The controller accepts it at most once, whichever
 * account sends it.
 * @throws NoKeyError, or TransactionError: after a conflict or an unknown outcome read the chain again.
 */
export async function scheduleRebase(
  context: OperatorContext,
  newEpoch: bigint,
  request: RebaseRequest,
  { nonces, onSent }: { readonly nonces: NonceManager; readonly onSent: (hash: string) => void },
): Promise<ScheduledRebase> {
  const { mesh } = context;
  const { home } = mesh;
  const signer = await context.signerFor(home, operatorOf(mesh));
  const call = rebaseCall(mesh, request, newEpoch);
  const { hash, logs } = await sendTransaction(
    home,
    signer,
    {
      label: `rebase to epoch ${newEpoch}`,
      ...call,
      // An estimate is the least with which the index is set, whether listeners are told or not.
      optionalGas: listenerGasOn(mesh.config, home.name),
    },
    { ...context.sendOptions(home), nonces, onSent: (_label, sent) => onSent(sent) },
  );
  const log = logs.find(({ topics }) => topics[0] === SCHEDULED);
  if (!log) throw new Error(`${hash} was mined without the event of ${call.to}.`);
  return decodeScheduled(home, log);
}
