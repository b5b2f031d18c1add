import { ZeroAddress } from "ethers";
import type { Log } from "ethers";
import { z } from "zod";
import { readOne, released } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { decodeBroadcast, decodePoolData } from "../ccip/poolData";
import type { RampEnd } from "../ccip/ramps";
import { decodeWrapped, readWrappedArrival } from "../ccip/wrapped";
import { readPools } from "../ccip/sent";
import { abi, contractAt } from "../core/abis";
import { laneBetween } from "../core/mesh/limit";
import type { Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { laneLimits } from "../core/reasons/limits";
import { unlessReverted } from "../core/revert/contractError";
import { readCircuitBreaker } from "../mesh/components/circuitBreaker";
import { readBuckets } from "../mesh/components/pool/contract";
import type { PoolBuckets } from "../mesh/components/pool/contract";
import { isUntold, readNotifier } from "../mesh/components/notifier";
import { listenerName, notificationIn } from "../mesh/notification";
import type { PinnedChain } from "../rpc/pinned";
import { minedReceipt } from "../rpc/receipts";

import type {
  BroadcastFacts,
  ExecutionAttempt,
  MessageFacts,
  MissedListener,
  ReceiverOutcome,
  TransferFacts,
  WrappedFacts,
} from "./facts";
import type { FoundMessage } from "./found";
import { readProposal } from "./readProposal";

/** Reads the facts of a message's content, at a block of its destination. */
export async function readPayload(
  mesh: Mesh,
  found: FoundMessage,
  pinnedBlock: PinnedChain,
  attempts: readonly ExecutionAttempt[],
): Promise<MessageFacts["payload"]> {
  const { message, source, destination } = found;
  const success = attempts.find(({ state }) => state === "success");
  const tokens = message.tokens.find(
    ({ destinationToken }) => destinationToken === destination.contracts.token,
  );
  if (tokens) return readTransfer(mesh, found, pinnedBlock, tokens, success);
  if (
    destination.role === "satellite" &&
    source.role === "home" &&
    message.sender === source.contracts.broadcaster
  ) {
    return readBroadcast(mesh, message, destination, pinnedBlock, success);
  }
  if (
    destination.role === "satellite" &&
    source.role === "home" &&
    message.sender === source.contracts.proposalSender
  ) {
    return readProposal(mesh, found, destination, pinnedBlock, success);
  }
  return { kind: "foreign" };
}

async function readTransfer(
  { config }: Mesh,
  { message, source, destination }: FoundMessage,
  pinnedBlock: PinnedChain,
  { amount, extraData, sourcePool }: Message["tokens"][number],
  success: ExecutionAttempt | undefined,
): Promise<TransferFacts> {
  const token = contractAt.token(destination.contracts.token, pinnedBlock);
  const poolData = decodePoolData(extraData);
  const [isOurs, paused, epoch, { inbound }, { outbound }, arrived, wrapped] = await Promise.all([
    isPoolOf(source, sourcePool),
    token.paused(),
    token.epoch(),
    readBucketsInUse(destination, pinnedBlock, source),
    readBucketsInUse(source, source.provider, destination),
    success && readArrival(destination, message.messageId, success),
    readWrapped(message, source, destination, pinnedBlock, success),
  ]);
  const worth =
    poolData && epoch > 0n && !success
      ? (await token.previewBridgeMint(message.receiver, poolData.shares)).amount
      : undefined;
  return {
    kind: "transfer",
    amount,
    isOurs,
    poolData,
    worth,
    arrived,
    paused,
    epoch,
    limits: laneLimits(config, laneBetween(source, destination), outbound, inbound),
    ...(wrapped && { wrapped }),
  };
}

/** Reads the facts of a transfer to the wrapped bridge; undefined for any other. */
async function readWrapped(
  message: Message,
  source: MeshChain,
  destination: MeshChain,
  pinnedBlock: PinnedChain,
  success: ExecutionAttempt | undefined,
): Promise<WrappedFacts | undefined> {
  const { wrappedBridge: address } = destination.contracts;
  if (address === undefined || message.receiver !== address) return undefined;
  const bridge = contractAt.wrappedBridge(address, pinnedBlock);
  const [remote, arrival] = await Promise.all([
    bridge.getRemote(source.selector),
    success && readWrappedArrival(destination, message.messageId, success.transactionHash),
  ]);
  return {
    bridge: address,
    data: decodeWrapped(message),
    isFromBridge: message.sender === source.contracts.wrappedBridge,
    isPaired: message.sender === remote.bridge,
    arrival,
    claimable: arrival?.outcome === "kept" ? await bridge.claimable(arrival.account) : 0n,
  };
}

/**
 * Returns whether a pool is or was one of the chain's token. The pool of any token may name the mesh's pool as its remote,
 * so the destination of a message proves nothing about its origin.
 */
async function isPoolOf(source: MeshChain, sourcePool: string): Promise<boolean> {
  if (sourcePool === source.contracts.pool) return true;
  const pools = await readPools(source, await source.provider.getBlockNumber());
  return pools.includes(sourcePool);
}

/** Reads the buckets of the pool in use: until a replacement is registered, the previous pool. */
async function readBucketsInUse(
  { ccip, contracts }: MeshChain,
  runner: Pick<PinnedChain, "call" | "provider">,
  peer: MeshChain,
): Promise<PoolBuckets> {
  const registry = {
    address: ccip.tokenAdminRegistry,
    interface: released("tokenAdminRegistry").interface,
  };
  const registered = await readOne(runner, registry, "getPool", [contracts.token], z.string());
  // The registered pool may be of any type, and there may be none.
  return (
    (await unlessReverted(readBuckets(runner, registered, peer.selector), undefined)) ??
    readBuckets(runner, contracts.pool, peer.selector)
  );
}

/** Returns the amount that was minted for a message: the last mint before the OffRamp's event. */
async function readArrival(
  { name, provider, ccip, contracts }: RampEnd<MeshChain>,
  messageId: string,
  { transactionHash }: ExecutionAttempt,
): Promise<bigint | undefined> {
  const { logs } = await minedReceipt(name, provider, transactionHash);
  let arrived: bigint | undefined;
  for (const log of logs) {
    if (log.address === ccip.offRamp && log.topics[3] === messageId) return arrived;
    const event = log.address === contracts.token ? abi.token.parseLog(log) : null;
    if (event?.name !== "Transfer") continue;
    const [from, , amount] = event.args.toArray() as [string, string, bigint];
    if (from === ZeroAddress) arrived = amount;
  }
  return undefined;
}

async function readBroadcast(
  mesh: Mesh,
  message: Message,
  destination: SatelliteChain,
  pinnedBlock: PinnedChain,
  success: ExecutionAttempt | undefined,
): Promise<BroadcastFacts> {
  const { home } = mesh;
  const [epoch, homeEpoch, code, outcome, { quarantined: held }] = await Promise.all([
    contractAt.token(destination.contracts.token, pinnedBlock).epoch(),
    contractAt.token(home.contracts.token, home.provider).epoch(),
    pinnedBlock.provider.getCode(message.receiver),
    success && readReceiverOutcome(destination, message, success),
    readCircuitBreaker(destination, pinnedBlock),
  ]);
  const missed = outcome?.logs.length
    ? await readMissed(mesh, destination, pinnedBlock, outcome.logs)
    : [];
  return {
    kind: "broadcast",
    decodedBroadcast: decodeBroadcast(message.data),
    epoch,
    homeEpoch,
    isAddressed: message.receiver === destination.contracts.receiver,
    hasCode: code !== "0x",
    receiverOutcome: outcome?.receiverOutcome,
    missed,
    held,
  };
}

const RECEIVER_OUTCOMES: Readonly<Record<string, ReceiverOutcome>> = {
  BroadcastApplied: "applied",
  BroadcastIgnored: "ignored",
  BroadcastConflicted: "conflicted",
  BroadcastQuarantined: "quarantined",
  BroadcastDropped: "dropped",
  BroadcastOutdated: "outdated",
};

/** Returns the effect of a message on the receiver, from the transaction that executed it, and the logs that follow. */
async function readReceiverOutcome(
  { name, provider, contracts }: SatelliteChain,
  { messageId }: Message,
  { transactionHash }: ExecutionAttempt,
): Promise<{ readonly receiverOutcome: ReceiverOutcome; readonly logs: readonly Log[] }> {
  const { logs } = await minedReceipt(name, provider, transactionHash);
  const events = logs.map((log) => ({
    log,
    event: log.address === contracts.receiver ? abi.receiver.parseLog(log) : null,
  }));
  const first = events.findIndex(
    ({ event }) =>
      event && event.name in RECEIVER_OUTCOMES && String(event.args.messageId) === messageId,
  );
  const receiverOutcome = RECEIVER_OUTCOMES[events[first]?.event?.name ?? ""];
  if (!receiverOutcome) return { receiverOutcome: "not called", logs: [] };
  const rest = events.slice(first + 1);
  // One transaction may execute several messages.
  const next = rest.findIndex(({ event }) => event && event.name in RECEIVER_OUTCOMES);
  const own = next < 0 ? rest : rest.slice(0, next);
  return { receiverOutcome, logs: own.map(({ log }) => log) };
}

/** Reads which listeners were not told, by the logs after the receiver's event. */
async function readMissed(
  mesh: Mesh,
  chain: SatelliteChain,
  pinnedBlock: PinnedChain,
  logs: readonly Log[],
): Promise<MissedListener[]> {
  const now = await readNotifier(chain, pinnedBlock);
  if (!now) return [];
  const { failed, skipped } = notificationIn(mesh, chain, logs);
  const untold = now.listeners
    .filter((listener) => isUntold(listener, now))
    .map(({ address }) => listenerName(mesh, chain, address));
  const { topicHash } = abi.receiver.getEvent("NotificationFailed");
  const isUncalled = logs.some(
    ({ address, topics }) => address === chain.contracts.receiver && topics[0] === topicHash,
  );
  const uncalled = isUncalled ? untold : [];
  const missed = [
    ...failed,
    ...[...skipped, ...uncalled].map((listener) => ({ listener, reason: TOO_LITTLE_GAS })),
  ];
  return missed.map((one) => ({ ...one, isUntold: untold.includes(one.listener) }));
}

const TOO_LITTLE_GAS = "too little gas was left to call it";
