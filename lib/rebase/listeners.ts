import { zeroPadValue } from "ethers";
import { topicOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { isUntold, readNotifier } from "../mesh/components/notifier";
import type { ListenerState, NotifierState } from "../mesh/components/notifier";
import { listenerName, notificationIn, reasonOf } from "../mesh/notification";
import type { Notification } from "../mesh/notification";
import type { OperatorContext } from "../mesh/operator";
import { timeOfBlock } from "../rpc/blocks";
import { readNewestLogs } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";
import { sendTransaction } from "../tx/send";
import type { SendOptions } from "../tx/send";

/** A listener with its name, and with the reason where its calls fail. */
export interface ListenerReport extends ListenerState {
  /** Its name in text: the address of one that the mesh does not deploy. */
  readonly name: string;
  readonly isUntold: boolean;
  /** Undefined unless its last call failed, or while the endpoint leaves out the logs of it. */
  readonly failing?: {
    /** Time of the first of the failed calls, unix seconds. */
    readonly since: bigint;
    /** Revert reason of the last one. */
    readonly reason: string;
  };
}

/** The listeners of a chain at one of its blocks. */
export interface ListenersOfChain {
  readonly chain: string;
  readonly blockNumber: number;
  readonly counting: NotifierState["counting"];
  readonly listeners: readonly ListenerReport[];
}

const FAILED = topicOf(abi.notifier, "ListenerFailed");
const TOLD = topicOf(abi.notifier, "ListenerNotified");

/** Reads the listeners of a chain at its newest block; none where the mesh has no notifier. */
export async function readListeners(
  mesh: Pick<Mesh, "config">,
  chain: MeshChain,
): Promise<ListenersOfChain | undefined> {
  if (chain.contracts.notifier === undefined) return undefined;
  const pinned = await pinLatest(chain.name, chain.provider);
  const { blockNumber } = pinned;
  const now = await readNotifier(chain, pinned);
  if (!now) return undefined;
  const listeners = await reportListeners(mesh, chain, now, blockNumber);
  return { chain: chain.name, blockNumber, counting: now.counting, listeners };
}

/** Returns the listeners of a notifier as it was read, and why the ones that fail do. */
export function reportListeners(
  mesh: Pick<Mesh, "config">,
  chain: MeshChain,
  now: NotifierState,
  blockNumber: number,
): Promise<ListenerReport[]> {
  return Promise.all(
    now.listeners.map(async (listener) => {
      const failing = await readFailures(chain, listener, blockNumber);
      return {
        ...listener,
        name: listenerName(mesh, chain, listener.address),
        isUntold: isUntold(listener, now),
        ...(failing && { failing }),
      };
    }),
  );
}

/** Reads the failed calls of a listener since the last that succeeded. */
async function readFailures(
  { provider, contracts, deployedAt = 0 }: MeshChain,
  { address, failures }: ListenerState,
  toBlock: number,
): Promise<ListenerReport["failing"]> {
  if (failures === 0) return undefined;
  const range = {
    address: contracts.notifier ?? "",
    topics: [[FAILED, TOLD], zeroPadValue(address, 32)],
    fromBlock: deployedAt,
    toBlock,
  };
  const logs = (await readNewestLogs(provider, range, failures)).slice(-failures);
  const [first, last] = [logs[0], logs.at(-1)];
  // Where one is left out, calls before the last success take its place.
  const isWhole = logs.length === failures && logs.every(({ topics }) => topics[0] === FAILED);
  if (!first || !last || !isWhole) return undefined;
  return { since: await timeOfBlock(provider, first.blockNumber), reason: reasonOf(last) };
}

/**
 * Has a chain's notifier call every listener that was not told; anyone may, and the operator does.
 * @returns the transaction, and what became of them.
 */
export async function notifyListeners(
  context: OperatorContext,
  chain: MeshChain,
  options: SendOptions = {},
): Promise<Notification & { readonly hash: string }> {
  const { mesh } = context;
  const signer = await context.signerFor(chain, mesh.operator);
  const { notifier = "" } = chain.contracts;
  const pinned = await pinLatest(chain.name, chain.provider);
  const needed = await contractAt.notifier(notifier, pinned).getNotifyGas();
  const transaction = {
    label: `${chain.name}/notifier/notify`,
    to: notifier,
    data: abi.notifier.encodeFunctionData("notify"),
    // An estimate is the least with which nothing reverts, and then listeners may be skipped.
    gasLimit: needed + TRANSACTION_GAS,
  };
  const { hash, logs } = await sendTransaction(chain, signer, transaction, {
    ...context.sendOptions(chain),
    ...options,
  });
  return { hash, ...notificationIn(mesh, chain, logs) };
}

/** Gas of a transaction before the code of its contract runs, and some more. */
const TRANSACTION_GAS = 30_000n;

/** Describes a counting epoch: "epoch 5", or "epoch 5 of generation 1" of a satellite that was recovered. */
export function countingText(key: bigint): string {
  const [epoch, generation] = [key & 0xffff_ffffn, key >> 32n];
  return generation === 0n ? `epoch ${epoch}` : `epoch ${epoch} of generation ${generation}`;
}
